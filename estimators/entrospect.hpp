#pragma once
// Everything for C++ users: samples in, estimates out.
//
//   const entrospect::SampleMatrix x(data, n, d);                        // no copy; f16, bf16, f32, f64 and any strides as well
//   const entrospect::Estimate e = entrospect::effective_rank(x);
//   std::puts(e.explain().c_str());

#include "entrospect/core/errors.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/estimators/catalogue.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_mutual.hpp"
#include "entrospect/estimators/spectral_entropy/effective_rank.hpp"
#include "entrospect/estimators/spectral_entropy/matrix_entropy.hpp"
#include "entrospect/estimators/spectral_entropy/vendi.hpp"
#include "entrospect/estimators/spectral_entropy/von_neumann.hpp"
#include "entrospect/spectral/spectrum.hpp"
