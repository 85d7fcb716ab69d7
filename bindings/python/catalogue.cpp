// One entry point per way of naming an estimator: by position (the generated functions) and by name (run).

#include "entrospect/estimators/catalogue.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/bindings/io/spec.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/estimators/gradient.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

struct Given {
  OptionMap options;
  py::object kernel = py::none();  // a Python function in place of a kernel's name
};

// None counts as not given, so that the preset of a convention or compat id applies. A generated function passes every option, hence
// for it (`every`) values equal to the default count so too; run() passes what its caller wrote. A function as kernel stands for the matrix
// that it gives.
void give(Given& given, const FieldInfo& field, py::handle object, bool every) {
  if (object.is_none()) return;
  const bool takes_matrix = std::find(field.choices.begin(), field.choices.end(), "precomputed") != field.choices.end();
  if (takes_matrix && PyCallable_Check(object.ptr()) != 0) {
    given.kernel = py::reinterpret_borrow<py::object>(object);
    given.options.emplace_back(field.name, std::string("precomputed"));
    return;
  }
  OptionValue value = to_option_value(object, field.name);
  if (!every || !same_value(value, field.default_value)) given.options.emplace_back(field.name, std::move(value));
}

Given given_options(const EstimatorInfo& info, const py::tuple& values) {
  if (values.size() != info.fields.size())
    throw InvalidArgument("entrospect/_functions.py does not belong to this build of entrospect._core; run bindings/tools/generate.py");
  Given given;
  for (std::size_t i = 0; i < info.fields.size(); ++i)
    give(given, info.fields[i], PyTuple_GET_ITEM(values.ptr(), static_cast<py::ssize_t>(i)), true);
  return given;
}

Given given_options(const EstimatorInfo& info, const py::dict& values) {
  Given given;
  for (const auto& [key, object] : values) {
    const auto name = py::cast<std::string>(key);
    const FieldInfo* field = io::find_field(info, name);
    if (field == nullptr) detail::unknown_option(info.card, name, info.fields);
    give(given, *field, object, false);
  }
  return given;
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

// The data of a call, and what was done on their way in.
struct Taken {
  Inputs inputs;
  Notes notes;
  std::vector<std::uint8_t> mask;
};

Taken take(const EstimatorInfo& info, py::tuple samples, const Given& given, const Controls& controls) {
  IntakeOptions intake = intake_options(controls);
  Taken out;
  out.mask = intake.mask;
  if (!out.mask.empty() && !info.card.paired)
    throw InvalidArgument(info.card.name + ": takes no mask, since rows of x and y do not belong together; choose the rows of each before");
  if (!given.kernel.is_none()) {
    const py::object gram = py::module_::import("entrospect._kernels").attr("gram");
    py::tuple matrices(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) matrices[i] = gram(samples[i], given.kernel, controls.mask);
    samples = std::move(matrices);
    intake.mask.clear();  // the matrix has the kept rows only
    out.notes.emplace_back("kernel_function", std::string(py::str(py::getattr(given.kernel, "__qualname__", py::type::of(given.kernel)))));
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::string name = sample_name(info.card, i);
    Intake taken = to_samples(samples[i], intake, name);
    out.inputs.samples.push_back(std::move(taken.x));
    for (auto& [key, value] : taken.notes) out.notes.emplace_back(i == 0 ? key : name + "_" + key, std::move(value));
  }
  if (!controls.labels.is_none()) out.inputs.labels = to_labels(controls.labels, out.mask);
  if (!controls.weights.is_none()) out.inputs.weights = to_weights(controls.weights, out.mask);
  return out;
}

void add_notes(Estimate& estimate, Notes& notes) {
  for (auto& [key, value] : notes) estimate.diagnostics.set(key, std::move(value));
}

// `frames`: Python frames between the call and the user's code, to which a warning belongs.
Estimate call(const EstimatorInfo& info, const py::tuple& samples, const Given& given, const Controls& controls, int frames) {
  const OnFailure on_failure = to_on_failure(controls.on_failure);
  Taken taken = take(info, samples, given, controls);
  Call guard(controls.threads, controls.progress);
  Estimate estimate = guard.run([&] { return info.run(taken.inputs, given.options, guard.context()); });
  add_notes(estimate, taken.notes);
  report_status(estimate, on_failure, frames);
  return estimate;
}

// n x d as the caller gave the samples: rows that the mask leaves out do not move the value.
py::array_t<double> to_array(std::vector<double> gradient, std::size_t d, const std::vector<std::uint8_t>& mask) {
  if (!mask.empty()) {
    std::vector<double> all(mask.size() * d, 0.0);
    const double* from = gradient.data();
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0) continue;
      std::copy_n(from, d, all.data() + i * d);
      from += d;
    }
    gradient = std::move(all);
  }
  auto owned = std::make_unique<std::vector<double>>(std::move(gradient));
  const std::array<std::size_t, 2> shape{owned->size() / d, d};
  const double* const data = owned->data();
  const py::capsule owner(owned.get(), [](void* values) { delete static_cast<std::vector<double>*>(values); });
  (void)owned.release();
  return py::array_t<double>(shape, data, owner);
}

py::tuple call_with_gradient(const EstimatorInfo& info, const py::tuple& samples, const Given& given, const Controls& controls) {
  const OnFailure on_failure = to_on_failure(controls.on_failure);
  if (!given.kernel.is_none())
    throw InvalidArgument(info.card.name + ": a Python function as kernel has no gradient; write the name of a kernel");
  Taken taken = take(info, samples, given, controls);
  Call guard(controls.threads, controls.progress);
  ValueAndGradient found = guard.run([&] { return value_and_gradient(info.card.name, taken.inputs, given.options, guard.context()); });
  add_notes(found.estimate, taken.notes);
  report_status(found.estimate, on_failure, 2);
  return py::make_tuple(std::move(found.estimate), to_array(std::move(found.gradient), taken.inputs.samples.front().d(), taken.mask));
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
                     as_column, std::move(on_failure)},
                    3);
      },
      "call(index: int, samples: tuple[Samples, ...], options: tuple[Any, ...], labels: Labels | None, weights: Weights | None, "
      "mask: Mask | None, device: str | None, as_column: bool, threads: int | None, progress: Progress | None, on_failure: str) -> "
      "Estimate");
  m.def(
      "run",
      [](const std::string& name, const py::tuple& samples, const py::dict& options, py::object labels, py::object weights, py::object mask,
         py::object device, bool as_column, py::object threads, py::object progress, std::string on_failure) {
        const EstimatorInfo& info = find_estimator(name);
        return call(info, samples, given_options(info, options),
                    {std::move(labels), std::move(weights), std::move(mask), std::move(device), std::move(threads), std::move(progress),
                     as_column, std::move(on_failure)},
                    2);
      },
      "run(name: str, samples: tuple[Samples, ...], options: dict[str, Any], labels: Labels | None, weights: Weights | None, "
      "mask: Mask | None, device: str | None, as_column: bool, threads: int | None, progress: Progress | None, on_failure: str) -> "
      "Estimate");
  m.def(
      "value_and_gradient",
      [](const std::string& name, const py::tuple& samples, const py::dict& options, py::object labels, py::object weights, py::object mask,
         py::object device, bool as_column, py::object threads, py::object progress, std::string on_failure) {
        const EstimatorInfo& info = find_estimator(name);
        return call_with_gradient(info, samples, given_options(info, options),
                                  {std::move(labels), std::move(weights), std::move(mask), std::move(device), std::move(threads),
                                   std::move(progress), as_column, std::move(on_failure)});
      },
      "value_and_gradient(name: str, samples: tuple[Samples, ...], options: dict[str, Any], labels: Labels | None, weights: Weights | "
      "None, "
      "mask: Mask | None, device: str | None, as_column: bool, threads: int | None, progress: Progress | None, on_failure: str) -> "
      "tuple[Estimate, npt.NDArray[np.float64]]");
  m.def("catalogue_json", &io::catalogue_json, "catalogue_json() -> str\n\nEvery estimator, option and convention.");
  m.def(
      "canonical_name", [](const std::string& name) { return find_estimator(name).card.name; },
      "canonical_name(name: str) -> str\n\nThe estimator that a name or alias stands for.");
}

}  // namespace entrospect::python
