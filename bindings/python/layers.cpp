// Layers x estimators. The cells of one layer share a Memo, so that a spectrum that several of them need is computed once; layers run side
// by side. A cell that fails is a row with a status and a reason.

#include <pybind11/stl.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "entrospect/bindings/io/results.hpp"
#include "entrospect/bindings/io/spec.hpp"
#include "entrospect/bindings/python/arrays.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/calls.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/bindings/python/estimate.hpp"
#include "entrospect/core/parallel.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// Arrays are read before the GIL is released; a layer that cannot be read keeps the reason for all of its cells.
struct Layer {
  std::string name;
  std::optional<Intake> intake;
  std::string problem;
};

struct Cell {
  Estimate estimate;
  std::string problem;  // the message of an exception; the estimate is then empty
  double seconds = 0;
};

[[noreturn]] void unknown_everywhere(const std::string& name, const std::vector<io::EstimatorSpec>& specs, const std::string& estimators) {
  std::vector<std::string> names;
  for (const io::EstimatorSpec& spec : specs)
    for (const FieldInfo& field : spec.estimator->fields) names.push_back(field.name);
  const std::string close = nearest(name, names);
  throw InvalidArgument("option '" + name + "': none of the estimators in '" + estimators + "' has it" +
                        (close.empty() ? "" : "; did you mean '" + close + "'?"));
}

// What is missing is missing for every layer.
void require_inputs(const std::vector<io::EstimatorSpec>& specs, bool labels, bool weights) {
  const auto require = [](const EstimatorCard& card, Need need, bool given, const char* what) {
    if (need == Need::required && !given)
      throw InvalidArgument(card.name + " needs " + what + "; pass " + what + "= with one entry per row");
  };
  for (const io::EstimatorSpec& spec : specs) {
    if (spec.estimator->card.sample_names.size() > 1)
      throw InvalidArgument(spec.estimator->card.name +
                            " compares several sample matrices; layers() works on one at a time, call entrospect." +
                            spec.estimator->card.name + "() on each pair");
    require(spec.estimator->card, spec.estimator->card.labels, labels, "labels");
    require(spec.estimator->card, spec.estimator->card.weights, weights, "weights");
  }
}

std::vector<io::EstimatorSpec> parse(const std::string& estimators, const py::dict& common) {
  std::vector<io::EstimatorSpec> specs = io::parse_estimators(estimators);
  for (const auto& [key, given] : common) {
    const auto name = py::cast<std::string>(key);
    const OptionValue value = to_option_value(given, name);
    bool known = false;
    for (io::EstimatorSpec& spec : specs) {
      const FieldInfo* field = io::find_field(*spec.estimator, name);
      if (field == nullptr) continue;
      known = true;
      const auto own = [&](const auto& option) { return option.first == field->name; };
      if (std::none_of(spec.options.begin(), spec.options.end(), own)) io::set_option(spec, name, value);
    }
    if (!known) unknown_everywhere(name, specs, estimators);
  }
  return specs;
}

std::vector<Layer> read_layers(const std::vector<std::pair<std::string, py::object>>& sources, const IntakeOptions& options, bool raise) {
  std::vector<Layer> layers;
  for (const auto& [name, source] : sources) {
    Layer layer{name, std::nullopt, {}};
    try {
      layer.intake = to_samples(source, options, "layer '" + name + "'");
    } catch (const std::exception& error) {
      if (raise) throw;
      layer.problem = error.what();
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

// The inputs that this estimator takes; a list may mix estimators with and without labels.
Inputs inputs_for(const EstimatorCard& card, const Layer& layer, const std::optional<Labels>& labels, const std::vector<double>& weights) {
  Inputs inputs;
  inputs.samples.push_back(layer.intake->x);
  if (card.labels != Need::none) inputs.labels = labels;
  if (card.weights != Need::none) inputs.weights = weights;
  return inputs;
}

class Progressing {
 public:
  Progressing(const Context& context, std::size_t cells) : context_(context), cells_(cells) {}
  void finished(const std::string& layer, const std::string& estimator) {
    const std::size_t done = ++done_;
    if (context_.progress && std::this_thread::get_id() == caller_)
      context_.progress(layer + " " + estimator, static_cast<double>(done) / static_cast<double>(cells_));
  }

 private:
  const Context& context_;
  std::size_t cells_;
  std::atomic<std::size_t> done_{0};
  std::thread::id caller_ = std::this_thread::get_id();
};

Cell run_cell(const io::EstimatorSpec& spec, const Inputs& inputs, const Notes& notes, const Context& context, bool raise) {
  Cell cell;
  const auto start = std::chrono::steady_clock::now();
  try {
    cell.estimate = spec.estimator->run(inputs, spec.options, context);
    for (const auto& [key, value] : notes) cell.estimate.diagnostics.set(key, value);
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    if (raise) throw;
    cell.problem = error.what();
  }
  cell.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return cell;
}

std::vector<std::vector<Cell>> run_cells(const std::vector<Layer>& layers, const std::vector<io::EstimatorSpec>& specs,
                                         const std::optional<Labels>& labels, const std::vector<double>& weights, const Context& context,
                                         bool raise) {
  std::vector<std::vector<Cell>> cells(layers.size(), std::vector<Cell>(specs.size()));
  Progressing progress(context, layers.size() * specs.size());
  const auto run_layer = [&](std::size_t i) {
    Memo memo;
    Context inner = context;
    inner.memo = &memo;
    inner.progress = nullptr;
    for (std::size_t j = 0; j < specs.size(); ++j) {
      if (layers[i].intake) {
        cells[i][j] =
            run_cell(specs[j], inputs_for(specs[j].estimator->card, layers[i], labels, weights), layers[i].intake->notes, inner, raise);
      } else {
        cells[i][j].problem = layers[i].problem;
      }
      progress.finished(layers[i].name, specs[j].estimator->card.name);
    }
  };
  // Few layers: one after the other, each on all threads.
  if (layers.size() >= thread_count(context)) {
    parallel_for(context, layers.size(), run_layer);
  } else {
    for (std::size_t i = 0; i < layers.size(); ++i) run_layer(i);
  }
  return cells;
}

py::dict row_of(Cell& cell, const Layer& layer, std::size_t index, const io::EstimatorSpec& spec) {
  const io::RowOrigin origin{{}, {}, layer.name, static_cast<std::int64_t>(index), cell.seconds};
  if (cell.problem.empty()) return to_row(io::row_json(cell.estimate, origin));
  Estimate facts;
  facts.estimator = spec.estimator->card.name;
  facts.options = spec.options;
  if (layer.intake) {
    facts.n = layer.intake->x.n();
    facts.d = layer.intake->x.d();
  }
  return to_row(io::error_row_json(facts, origin, cell.problem));
}

py::list run_layers(const std::vector<std::pair<std::string, py::object>>& sources, const std::string& estimators, const py::dict& common,
                    const py::object& labels, const py::object& weights, const py::object& mask, bool copy_from_device, bool as_column,
                    const py::object& threads, py::object progress, const std::string& on_failure) {
  const OnFailure failure = to_on_failure(on_failure);
  const bool raise = failure == OnFailure::raise;
  const std::vector<io::EstimatorSpec> specs = parse(estimators, common);
  require_inputs(specs, !labels.is_none(), !weights.is_none());
  IntakeOptions options{as_column, copy_from_device, {}};
  if (!mask.is_none()) options.mask = to_mask(mask);
  const std::vector<Layer> layers = read_layers(sources, options, raise);
  std::optional<Labels> all_labels;
  if (!labels.is_none()) all_labels = to_labels(labels, options.mask);
  std::vector<double> all_weights;
  if (!weights.is_none()) all_weights = to_weights(weights, options.mask);

  Call call(threads, std::move(progress));
  std::vector<std::vector<Cell>> cells = call.run([&] { return run_cells(layers, specs, all_labels, all_weights, call.context(), raise); });

  py::list out;
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (std::size_t j = 0; j < specs.size(); ++j) {
      Cell& cell = cells[i][j];
      const py::dict row = row_of(cell, layers[i], i, specs[j]);
      if (cell.problem.empty()) report_status(cell.estimate, failure, 2);
      out.append(py::make_tuple(row, cell.problem.empty() ? py::cast(std::move(cell.estimate)) : py::object(py::none())));
    }
  return out;
}

}  // namespace

void bind_layers(py::module_& m) {
  m.def(
      "layers", &run_layers,
      "layers(sources: list[tuple[str, Samples]], estimators: str, common: dict[str, Any], labels: Labels | None, weights: Weights | None, "
      "mask: Mask | None, copy_from_device: bool, as_column: bool, threads: int | None, progress: Progress, on_failure: str) "
      "-> list[tuple[Row, Estimate | None]]");
}

}  // namespace entrospect::python
