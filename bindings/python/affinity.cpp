#include "entrospect/bindings/python/affinity.hpp"

#include <limits>

#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/survey.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// Members of Gram and Diffusion that mean the same are one option; diffusion takes them from gram.
const FieldTable<Request>& request_table() {
  static const FieldTable<Request> table = [] {
    const Range positive{0, std::numeric_limits<double>::infinity(), true, true};
    const Range not_negative{0, std::numeric_limits<double>::infinity(), false, true};
    const Choices<AffinityKind> affinities{{"covariance", AffinityKind::covariance},
                                           {"gram", AffinityKind::gram},
                                           {"diffusion", AffinityKind::diffusion},
                                           {"neighborgraph", AffinityKind::neighbor_graph}};
    const Choices<GraphWeights> edges{{"local_scale", GraphWeights::local_scale}, {"ones", GraphWeights::ones}};
    const Choices<Normalize> normalizations{{"none", Normalize::none}, {"l2", Normalize::l2}, {"standardize", Normalize::standardize}};
    FieldTable<Request> t;
    t.choice(
         "affinity", [](Request & r) -> auto& { return r.affinity; }, affinities, "")
        .number(
            "denominator", [](Request & r) -> auto& { return r.covariance.denominator; }, positive, "")
        .choice(
            "kernel", [](Request & r) -> auto& { return r.gram.kernel.kind; }, kernel_choices(), "")
        .number_or_choice(
            "bandwidth", [](Request & r) -> auto& { return r.gram.kernel.bandwidth; }, positive, bandwidth_choices(), "")
        .number(
            "degree", [](Request & r) -> auto& { return r.gram.kernel.degree; }, {1, 100, false, false}, "")
        .number(
            "offset", [](Request & r) -> auto& { return r.gram.kernel.offset; }, not_negative, "")
        .flag(
            "normalize_diagonal", [](Request & r) -> auto& { return r.gram.normalize_diagonal; }, "")
        .number(
            "anisotropy", [](Request & r) -> auto& { return r.diffusion.anisotropy; }, {0, 1, false, false}, "")
        .integer(
            "k", [](Request & r) -> auto& { return r.neighbors.k; }, {1, 1e9, false, false}, "")
        .choice(
            "edges", [](Request & r) -> auto& { return r.neighbors.weights; }, edges, "")
        .choice(
            "symmetrize", [](Request & r) -> auto& { return r.neighbors.symmetrize; }, symmetrize_choices(), "")
        .choice(
            "side", [](Request & r) -> auto& { return r.gram.side; }, side_choices(), "")
        .flag(
            "center", [](Request & r) -> auto& { return r.center; }, "")
        .choice(
            "normalize", [](Request & r) -> auto& { return r.normalize; }, normalizations, "")
        .choice(
            "backend", [](Request & r) -> auto& { return r.options.solver.backend; }, backend_choices(), "")
        .choice(
            "precision", [](Request & r) -> auto& { return r.options.solver.precision; }, precision_choices(), "")
        .integer(
            "lapack_threads", [](Request & r) -> auto& { return r.options.solver.lapack_threads; }, {1, 1024, false, false}, "")
        .integer(
            "leading", [](Request & r) -> auto& { return r.options.leading; }, not_negative, "")
        .integer(
            "seed", [](Request & r) -> auto& { return r.options.seed; }, not_negative, "");
    return t;
  }();
  return table;
}

}  // namespace

Request to_request(const py::dict& options, std::string_view who) {
  Request request;
  for (const auto& [key, value] : options) {
    const auto name = py::cast<std::string>(key);
    const auto* entry = request_table().find(name);
    if (entry == nullptr) throw InvalidArgument(std::string(who) + " has no option '" + name + "'");
    request_table().set(*entry, request, checked(entry->info, to_option_value(value, name), who));
  }
  request.covariance.side = request.gram.side;
  request.diffusion.kernel = request.gram.kernel;
  request.neighbors.anisotropy = request.diffusion.anisotropy;
  return request;
}

SampleMatrix view_of(SampleMatrix x, const Request& request) {
  if (request.center) x = x.centered();
  if (request.normalize != Normalize::none) x = x.normalized(request.normalize);
  return x;
}

SampleMatrix prepared(const SampleMatrix& samples, const Request& request, std::string_view who, const Context& context) {
  SampleMatrix x = view_of(samples, request);
  const Survey found = survey(x, context);
  require_features(found.d, who);
  require_rows(found.n, 1, who);
  require_finite(found, who);
  if (request.normalize == Normalize::l2) return resolve_zero_rows(x, found, ZeroRows::error, who);
  return x;
}

}  // namespace entrospect::python
