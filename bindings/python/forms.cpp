// Forms of catalogue entries with data that have no place there: a network's last layer, prompts of two models.

#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/geometry/neural_collapse.hpp"
#include "entrospect/estimators/spectral_entropy/diff_erank.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

Estimate collapse(const py::object& x, const py::object& labels, const py::object& weight, const py::object& bias,
                  const std::string& measure, const py::object& mask, bool copy_from_device, const py::object& threads, py::object progress,
                  const std::string& on_failure) {
  if (measure != "nc3" && measure != "nc4")
    throw InvalidArgument("classifier_collapse: measure = '" + measure + "'; allowed: 'nc3', 'nc4'");
  const OnFailure failing = to_on_failure(on_failure);
  IntakeOptions intake{false, copy_from_device, {}};
  LinearClassifier classifier{to_samples(weight, intake, "weight").x};
  if (!bias.is_none()) classifier.bias = to_samples(bias, {true, copy_from_device, {}}, "bias").x;
  if (!mask.is_none()) intake.mask = to_mask(mask);
  const SampleMatrix samples = to_samples(x, intake, "x").x;
  const Labels classes = to_labels(labels, intake.mask);
  Call call(threads, std::move(progress));
  const NeuralCollapseOptions options{measure == "nc3" ? CollapseMeasure::nc3 : CollapseMeasure::nc4};
  Estimate estimate = call.run([&] { return neural_collapse(samples, classes, classifier, options, call.context()); });
  report_status(estimate, failing, 2);
  return estimate;
}

std::vector<SampleMatrix> prompts_of(const std::vector<py::object>& sources, const std::string& name, bool copy_from_device) {
  std::vector<SampleMatrix> out;
  for (std::size_t i = 0; i < sources.size(); ++i)
    out.push_back(to_samples(sources[i], {false, copy_from_device, {}}, name + "[" + std::to_string(i) + "]").x);
  return out;
}

Estimate diff_erank_over(const std::vector<py::object>& x, const std::vector<py::object>& y, const std::string& mean, double order,
                         bool copy_from_device, const py::object& threads, py::object progress, const std::string& on_failure) {
  if (mean != "entropy" && mean != "rank")
    throw InvalidArgument("diff_erank_of_prompts: mean = '" + mean + "'; allowed: 'entropy', 'rank'");
  const OnFailure failing = to_on_failure(on_failure);
  const std::vector<SampleMatrix> before = prompts_of(x, "x", copy_from_device), after = prompts_of(y, "y", copy_from_device);
  Call call(threads, std::move(progress));
  DiffErankOptions options;
  options.order = order;
  const PromptMean kind = mean == "entropy" ? PromptMean::entropy : PromptMean::rank;
  Estimate estimate = call.run([&] { return diff_erank_of_prompts(before, after, kind, options, call.context()); });
  report_status(estimate, failing, 2);
  return estimate;
}

}  // namespace

void bind_forms(py::module_& m) {
  m.def("classifier_collapse", &collapse,
        "classifier_collapse(x: Samples, labels: Labels, weight: Samples, bias: Samples | None, measure: str, mask: Mask | None, "
        "copy_from_device: bool, threads: int | None, progress: Progress, on_failure: str) -> Estimate");
  m.def("diff_erank_of_prompts", &diff_erank_over,
        "diff_erank_of_prompts(x: list[Samples], y: list[Samples], mean: str, order: float, copy_from_device: bool, threads: int | None, "
        "progress: Progress, on_failure: str) -> Estimate");
}

}  // namespace entrospect::python
