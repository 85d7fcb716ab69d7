// One entry point per way of naming an estimator: by position (the generated functions) and by name (run).

#include "entrospect/estimators/catalogue.hpp"

#include <pybind11/stl.h>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// None and values equal to the default count as not given, so that the preset of a convention or compat id applies to them.
OptionMap given_options(const EstimatorInfo& info, const py::tuple& values) {
  if (values.size() != info.fields.size())
    throw InvalidArgument("entrospect/_functions.py does not belong to this build of entrospect._core; run bindings/tools/generate.py");
  OptionMap options;
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const py::handle given = PyTuple_GET_ITEM(values.ptr(), static_cast<py::ssize_t>(i));
    if (given.is_none()) continue;
    OptionValue value = to_option_value(given, info.fields[i].name);
    if (!same_value(value, info.fields[i].default_value)) options.emplace_back(info.fields[i].name, std::move(value));
  }
  return options;
}

OptionMap named_options(const EstimatorInfo& info, const py::dict& values) {
  OptionMap options;
  for (const auto& [key, given] : values) {
    if (given.is_none()) continue;
    const auto name = py::cast<std::string>(key);
    OptionValue value = to_option_value(given, name);
    const auto field = std::find_if(info.fields.begin(), info.fields.end(), [&](const FieldInfo& f) { return f.name == name; });
    if (field != info.fields.end() && same_value(value, field->default_value)) continue;
    options.emplace_back(name, std::move(value));
  }
  return options;
}

// What is the same for every estimator, in the order in which the generated functions pass it.
struct Controls {
  py::object labels, weights, mask, device, threads, progress;
  bool as_column = false;
  std::string on_failure;
};

IntakeOptions intake_options(const Controls& controls) {
  IntakeOptions options;
  options.as_column = controls.as_column;
  if (!controls.device.is_none()) {
    if (!py::isinstance<py::str>(controls.device) || py::cast<std::string>(controls.device) != "copy")
      throw InvalidArgument("device = " + std::string(py::repr(controls.device)) +
                            "; allowed: None, or 'copy' to copy device memory to the host");
    options.copy_from_device = true;
  }
  if (!controls.mask.is_none()) options.mask = to_mask(controls.mask);
  return options;
}

Estimate call(const EstimatorInfo& info, const py::tuple& samples, const OptionMap& options, const Controls& controls) {
  const OnFailure on_failure = to_on_failure(controls.on_failure);
  const IntakeOptions intake = intake_options(controls);
  Inputs inputs;
  Notes notes;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::string name = i < info.card.sample_names.size() ? info.card.sample_names[i] : "x" + std::to_string(i);
    Intake taken = to_samples(samples[i], intake, name);
    inputs.samples.push_back(std::move(taken.x));
    for (auto& [key, value] : taken.notes) notes.emplace_back(i == 0 ? key : name + "_" + key, std::move(value));
  }
  if (!controls.labels.is_none()) inputs.labels = to_labels(controls.labels, intake.mask);
  if (!controls.weights.is_none()) inputs.weights = to_weights(controls.weights, intake.mask);
  Call guard(controls.threads, controls.progress);
  Estimate estimate = guard.run([&] { return info.run(inputs, options, guard.context()); });
  for (auto& [key, value] : notes) estimate.diagnostics.set(key, std::move(value));
  report_status(estimate, on_failure, 2);
  return estimate;
}

}  // namespace

void bind_catalogue(py::module_& m) {
  m.def(
      "call",
      [](std::size_t index, const py::tuple& samples, const py::tuple& options, py::object labels, py::object weights, py::object mask,
         py::object device, bool as_column, py::object threads, py::object progress, std::string on_failure) {
        const auto entries = catalogue();
        if (index >= entries.size()) throw InvalidArgument("no estimator has number " + std::to_string(index));
        const EstimatorInfo& info = *entries[index];
        return call(info, samples, given_options(info, options),
                    {std::move(labels), std::move(weights), std::move(mask), std::move(device), std::move(threads), std::move(progress),
                     as_column, std::move(on_failure)});
      },
      "call(index: int, samples: tuple[Samples, ...], options: tuple[Any, ...], labels: Labels | None, weights: Weights | None, "
      "mask: Mask | None, device: str | None, as_column: bool, threads: int | None, progress: Progress | None, on_failure: str) -> "
      "Estimate");
  m.def(
      "run",
      [](const std::string& name, const py::tuple& samples, const py::dict& options, py::object labels, py::object weights, py::object mask,
         py::object device, bool as_column, py::object threads, py::object progress, std::string on_failure) {
        const EstimatorInfo& info = find_estimator(name);
        return call(info, samples, named_options(info, options),
                    {std::move(labels), std::move(weights), std::move(mask), std::move(device), std::move(threads), std::move(progress),
                     as_column, std::move(on_failure)});
      },
      "run(name: str, samples: tuple[Samples, ...], options: dict[str, Any], labels: Labels | None, weights: Weights | None, "
      "mask: Mask | None, device: str | None, as_column: bool, threads: int | None, progress: Progress | None, on_failure: str) -> "
      "Estimate");
  m.def("catalogue_json", &io::catalogue_json, "catalogue_json() -> str\n\nEvery estimator, option and convention.");
  m.def(
      "canonical_name", [](const std::string& name) { return find_estimator(name).card.name; },
      "canonical_name(name: str) -> str\n\nThe estimator that a name or alias stands for.");
}

}  // namespace entrospect::python
