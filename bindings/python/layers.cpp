// Layers x estimators. A layer is one matrix, or one for each prompt. The cells of one matrix share a Memo, so that a spectrum that several
// of them need is computed once; matrices run side by side. A cell that fails is a row with a status and a reason.

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
#include "entrospect/bindings/python/tokens.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/estimators/prompts.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

// One matrix to measure and what belongs to its rows.
struct Matrix {
  SampleMatrix x;
  std::optional<Labels> labels;
  std::vector<double> weights;
  std::vector<std::int64_t> prompt{};  // of each row, where rows are tokens of many prompts
};

// Arrays are read before the GIL is released; a layer that cannot be read keeps the reason for all of its cells.
struct Layer {
  std::string name;
  std::optional<TokenIntake> batch;  // until prepare() makes matrices of it
  std::vector<Matrix> matrices;      // one, or one for each prompt
  Notes notes;
  std::vector<std::string> warnings;
  std::string left_out;  // what of the data has no row
  std::string problem;
};

enum class Per { none, prompt, dataset, token };
const Choices<Per>& per_choices() {
  static const Choices<Per> choices{{"prompt", Per::prompt}, {"dataset", Per::dataset}, {"token", Per::token}};
  return choices;
}

template <class Enum>
Enum choice(const std::string& name, const std::string& given, const Choices<Enum>& choices) {
  std::string allowed;
  for (const auto& [word, value] : choices) {
    if (word == given) return value;
    allowed += (allowed.empty() ? "'" : ", '") + word + "'";
  }
  throw InvalidArgument(name + " = '" + given + "'; allowed: " + allowed);
}

struct LayersRequest {
  Per per = Per::none;
  Pool pool = Pool::mean;
  std::vector<std::int64_t> drop;
  IntakeOptions intake;           // per none
  std::optional<TokenMask> mask;  // otherwise
  std::optional<Labels> labels;   // for each row (per none), prompt (dataset) or token before masking
  std::optional<std::vector<double>> weights;
};

struct Cell {
  std::vector<Estimate> estimates;  // one for each matrix
  std::string problem;              // the message of an exception
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
    if (spec.estimator->card.sample_names.empty())
      throw InvalidArgument(spec.estimator->card.name + " is of labels alone and the same for every layer; call entrospect." +
                            spec.estimator->card.name + "()");
    if (spec.estimator->card.sample_names.size() > 1 || spec.estimator->card.more_samples)
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

Matrix matrix_of(const SampleMatrix& x, const LayersRequest& request, const std::vector<std::size_t>& entries, std::size_t expected) {
  Matrix out{x, std::nullopt, {}};
  const auto require = [&](const char* what, std::size_t count) {
    if (count != expected)
      throw InvalidArgument(std::string(what) + " has " + std::to_string(count) + " entries; " + std::to_string(expected) +
                            " are needed, one " + (request.per == Per::dataset ? "for each prompt" : "for each token"));
  };
  if (request.labels) {
    require("labels", request.labels->n());
    out.labels = request.labels->select(entries);
  }
  if (request.weights) {
    require("weights", request.weights->size());
    for (const std::size_t entry : entries) out.weights.push_back((*request.weights)[entry]);
  }
  return out;
}

void read_plain(Layer& layer, const py::object& source, const LayersRequest& request, const std::string& name) {
  Intake intake = to_samples(source, request.intake, name);
  layer.notes = std::move(intake.notes);
  layer.matrices.push_back({intake.x, request.labels, request.weights.value_or(std::vector<double>())});
}

void read_pooled(Layer& layer, const TokenIntake& intake, const LayersRequest& request, const Context& context) {
  const std::vector<std::size_t> prompts = intake.batch.nonempty();
  if (prompts.size() < intake.prompts)
    layer.left_out = std::to_string(intake.prompts - prompts.size()) + " of " + std::to_string(intake.prompts) +
                     " prompts have no kept token and therefore no row";
  const SampleMatrix pooled = intake.batch.pooled(request.pool, context);
  if (request.pool == Pool::mean || request.pool == Pool::max) layer.notes.emplace_back("copied", std::string("pooled"));
  layer.matrices.push_back(matrix_of(pooled, request, prompts, intake.prompts));
}

void read_prompts(Layer& layer, const TokenIntake& intake, const LayersRequest& request) {
  for (std::size_t p = 0; p < intake.prompts; ++p) {
    const std::vector<std::size_t>& begin = intake.kept.begin;
    const auto token = [&](std::size_t i) { return intake.kept.tokens.begin() + static_cast<std::ptrdiff_t>(begin[i]); };
    layer.matrices.push_back(matrix_of(intake.batch.prompt(p), request, {token(p), token(p + 1)}, intake.prompts * intake.positions));
  }
}

void read_batch(Layer& layer, const py::object& source, const LayersRequest& request, const std::string& name) {
  layer.batch = to_tokens(source, request.mask, request.drop, request.intake.copy_from_device, name);
}

// The matrices of a batch; reads its rows, so it runs without the GIL.
void make_matrices(Layer& layer, const TokenIntake& intake, const LayersRequest& request, const Context& context) {
  layer.notes = intake.notes;
  layer.notes.emplace_back("prompts", static_cast<std::int64_t>(intake.prompts));
  layer.warnings = token_warnings(survey_tokens(intake.batch, context), intake.batch, request.mask.has_value());
  switch (request.per) {
    case Per::dataset:
      return read_pooled(layer, intake, request, context);
    case Per::prompt:
      return read_prompts(layer, intake, request);
    default:
      layer.matrices.push_back(matrix_of(intake.batch.tokens(), request, intake.kept.tokens, intake.prompts * intake.positions));
      for (const std::size_t token : intake.kept.tokens)
        layer.matrices.back().prompt.push_back(static_cast<std::int64_t>(token / intake.positions));
  }
}

void prepare(std::vector<Layer>& layers, const LayersRequest& request, const Context& context, bool raise) {
  for (Layer& layer : layers) {
    if (!layer.batch) continue;
    try {
      make_matrices(layer, *layer.batch, request, context);
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (raise) throw;
      layer.problem = error.what();
      layer.matrices.clear();
    }
  }
}

std::vector<Layer> read_layers(const std::vector<std::pair<std::string, py::object>>& sources, const LayersRequest& request, bool raise) {
  std::vector<Layer> layers;
  for (const auto& [name, source] : sources) {
    Layer layer;
    layer.name = name;
    try {
      (request.per == Per::none ? read_plain : read_batch)(layer, source, request, "layer '" + name + "'");
    } catch (const std::exception& error) {
      if (raise) throw;
      layer.problem = error.what();
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

// The inputs that this estimator takes; a list may mix estimators with and without labels.
Inputs inputs_for(const EstimatorCard& card, const Matrix& matrix) {
  Inputs inputs;
  inputs.samples.push_back(matrix.x);
  if (card.labels != Need::none) inputs.labels = matrix.labels;
  if (card.weights != Need::none) inputs.weights = matrix.weights;
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

// What is known of a cell that came to no estimate.
Estimate facts_of(const Layer& layer, const io::EstimatorSpec& spec) {
  Estimate facts;
  facts.estimator = spec.estimator->card.name;
  facts.options = spec.options;
  if (layer.matrices.size() == 1) facts.n = layer.matrices.front().x.n();
  if (!layer.matrices.empty()) facts.d = layer.matrices.front().x.d();
  return facts;
}

// One estimator on one matrix; `prompt` is set when the matrix is that prompt's.
void run_one(Estimate& out, std::string& problem, const io::EstimatorSpec& spec, const Layer& layer, const Matrix& matrix,
             std::optional<std::size_t> prompt, const Context& context, bool raise) {
  if (prompt && matrix.x.n() < 2) {
    out = too_short(facts_of(layer, spec), *prompt, matrix.x.n());
    return;
  }
  try {
    const Inputs inputs = inputs_for(spec.estimator->card, matrix);
    out = matrix.prompt.empty() ? spec.estimator->run(inputs, spec.options, context)
                                : run_over_prompts(*spec.estimator, inputs, spec.options, matrix.prompt, context);
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    if (raise) throw;
    problem = (prompt ? "prompt " + std::to_string(*prompt) + ": " : "") + error.what();
  }
}

std::vector<std::vector<Cell>> run_cells(const std::vector<Layer>& layers, const std::vector<io::EstimatorSpec>& specs, bool prompts,
                                         const Context& context, bool raise) {
  struct Item {
    std::size_t layer, matrix;
  };
  std::vector<Item> items;
  std::vector<std::vector<Cell>> cells(layers.size(), std::vector<Cell>(specs.size()));
  std::vector<std::vector<std::vector<std::string>>> problems(layers.size());  // of layer, estimator, matrix
  std::vector<std::vector<std::vector<double>>> seconds(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::size_t matrices = layers[i].matrices.size();
    for (std::size_t k = 0; k < matrices; ++k) items.push_back({i, k});
    for (Cell& cell : cells[i]) {
      cell.problem = layers[i].problem;
      cell.estimates.resize(matrices);
    }
    problems[i].assign(specs.size(), std::vector<std::string>(matrices));
    seconds[i].assign(specs.size(), std::vector<double>(matrices));
  }

  Progressing progress(context, items.size() * specs.size());
  const auto run_item = [&](std::size_t at) {
    const auto [i, k] = items[at];
    Memo memo;
    Context inner = context;
    inner.memo = &memo;
    inner.progress = nullptr;
    for (std::size_t j = 0; j < specs.size(); ++j) {
      const auto start = std::chrono::steady_clock::now();
      run_one(cells[i][j].estimates[k], problems[i][j][k], specs[j], layers[i], layers[i].matrices[k],
              prompts ? std::optional(k) : std::nullopt, inner, raise);
      seconds[i][j][k] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      progress.finished(layers[i].name, specs[j].estimator->card.name);
    }
  };
  // Few matrices: one after the other, each on all threads.
  if (items.size() >= thread_count(context)) {
    parallel_for(context, items.size(), run_item);
  } else {
    for (std::size_t at = 0; at < items.size(); ++at) run_item(at);
  }

  for (std::size_t i = 0; i < layers.size(); ++i)
    for (std::size_t j = 0; j < specs.size(); ++j) {
      Cell& cell = cells[i][j];
      for (const std::string& problem : problems[i][j])
        if (cell.problem.empty()) cell.problem = problem;
      for (const double s : seconds[i][j]) cell.seconds += s;
    }
  return cells;
}

// The estimate of a whole cell, with what was done to the layer on the way in.
Estimate summary(const Cell& cell, const Layer& layer, bool prompts) {
  Estimate e = prompts ? mean_over_prompts(cell.estimates) : cell.estimates.front();
  for (const auto& [key, value] : layer.notes)
    if (!(prompts && key == "prompts")) e.diagnostics.set(key, value);
  e.warnings.insert(e.warnings.end(), layer.warnings.begin(), layer.warnings.end());
  if (!layer.left_out.empty()) e.flag(Status::out_of_valid_range, layer.left_out);
  return e;
}

LayersRequest to_request(const py::object& per, const std::string& pool, const std::vector<std::int64_t>& drop, const py::object& labels,
                         const py::object& weights, const py::object& mask, bool copy_from_device, bool as_column) {
  LayersRequest request;
  request.drop = drop;
  request.intake = {as_column, copy_from_device, {}};
  if (!per.is_none()) {
    request.per = choice("per", py::cast<std::string>(per), per_choices());
    request.pool = choice("pool", pool, pool_choices());
    if (!mask.is_none()) request.mask = to_token_mask(mask, copy_from_device);
  } else if (!mask.is_none()) {
    request.intake.mask = to_mask(mask);
  }
  if (!labels.is_none()) request.labels = to_labels(labels, request.intake.mask);
  if (!weights.is_none()) request.weights = to_weights(weights, request.intake.mask);
  return request;
}

py::list run_layers(const std::vector<std::pair<std::string, py::object>>& sources, const std::string& estimators, const py::dict& common,
                    const py::object& per, const std::string& pool, const std::vector<std::int64_t>& drop, const py::object& labels,
                    const py::object& weights, const py::object& mask, bool copy_from_device, bool as_column, const py::object& threads,
                    py::object progress, const std::string& on_failure) {
  const OnFailure failure = to_on_failure(on_failure);
  const bool raise = failure == OnFailure::raise;
  std::vector<io::EstimatorSpec> specs = parse(estimators, common);
  require_inputs(specs, !labels.is_none(), !weights.is_none());
  const LayersRequest request = to_request(per, pool, drop, labels, weights, mask, copy_from_device, as_column);
  std::vector<Layer> layers = read_layers(sources, request, raise);
  const bool prompts = request.per == Per::prompt;
  if (prompts)  // the uncertainty is that of the mean over prompts, whose values need none of their own
    for (io::EstimatorSpec& spec : specs) std::erase_if(spec.options, [](const auto& option) { return option.first == "interval"; });

  Call call(threads, std::move(progress));
  std::vector<std::vector<Cell>> cells = call.run([&] {
    prepare(layers, request, call.context(), raise);
    return run_cells(layers, specs, prompts, call.context(), raise);
  });

  py::list out;
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (std::size_t j = 0; j < specs.size(); ++j) {
      Cell& cell = cells[i][j];
      const io::RowOrigin origin{{}, {}, layers[i].name, static_cast<std::int64_t>(i), cell.seconds};
      if (!cell.problem.empty()) {
        out.append(py::make_tuple(to_row(io::error_row_json(facts_of(layers[i], specs[j]), origin, cell.problem)), py::none(), py::list()));
        continue;
      }
      Estimate whole = summary(cell, layers[i], prompts);
      report_status(whole, failure, 2);
      const py::dict row = to_row(io::row_json(whole, origin));
      out.append(py::make_tuple(row, py::cast(std::move(whole)), prompts ? py::cast(std::move(cell.estimates)) : py::object(py::list())));
    }
  return out;
}

}  // namespace

void bind_layers(py::module_& m) {
  m.def("layers", &run_layers,
        "layers(sources: list[tuple[str, Samples]], estimators: str, common: dict[str, Any], per: str | None, pool: str, drop: list[int], "
        "labels: Labels | None, weights: Weights | None, mask: Mask | None, copy_from_device: bool, as_column: bool, threads: int | None, "
        "progress: Progress, on_failure: str) -> list[tuple[Row, Estimate | None, list[Estimate]]]");
}

}  // namespace entrospect::python
