#pragma once
// What en.spectrum, en.scatter_matrix and en.gram_matrix are asked for: an affinity and how to compute it, from named options.

#include <pybind11/pybind11.h>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect::python {

enum class AffinityKind { covariance, gram, diffusion, neighbor_graph };

struct Request {
  AffinityKind affinity = AffinityKind::covariance;
  Covariance covariance;
  Gram gram;
  Diffusion diffusion;
  NeighborGraph neighbors;
  bool center = false;
  Normalize normalize = Normalize::none;
  SpectrumOptions options;
};

// Throws naming the option, its value and what is allowed.
Request to_request(const pybind11::dict& options, std::string_view who);

// The view with centering and normalizing noted on it.
SampleMatrix view_of(SampleMatrix x, const Request& request);
// The same, and every input fault is decided (core/survey.hpp).
SampleMatrix prepared(const SampleMatrix& samples, const Request& request, std::string_view who, const Context& context);

}  // namespace entrospect::python
