#include "entrospect/bindings/cli/cells.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect::cli {
namespace {

constexpr double always_in_memory = 64e6;         // bytes: below it a copy costs less than reading twice
constexpr std::uint64_t row_stream = 0x726f7773;  // random stream of --rows

std::vector<std::size_t> finite_rows(const SampleMatrix& x, const Context& context) {
  constexpr std::size_t chunk = 256;
  const RowLoader loader(x, context);
  std::vector<char> finite(x.n(), 1);
  parallel_for(context, (x.n() + chunk - 1) / chunk, [&](std::size_t item) {
    const std::size_t first = item * chunk, count = std::min(chunk, x.n() - first);
    std::vector<double> tile(count * x.d());
    loader.load(first, count, tile.data(), x.d());
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < x.d(); ++j)
        if (!std::isfinite(tile[i * x.d() + j])) finite[first + i] = 0;
  });
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < finite.size(); ++i)
    if (finite[i] != 0) rows.push_back(i);
  return rows;
}

// The chosen rows of a streamed view, in memory.
SampleMatrix gathered(const SampleMatrix& x, const std::vector<std::size_t>& rows) {
  const std::size_t row_bytes = x.d() * size_of(x.dtype());
  auto bytes = std::make_shared<std::vector<std::byte>>(rows.size() * row_bytes);
  for (std::size_t i = 0; i < rows.size(); ++i) x.reader()->read(rows[i], 1, bytes->data() + i * row_bytes);
  const std::byte* data = bytes->data();
  return {data,
          x.dtype(),
          rows.size(),
          x.d(),
          static_cast<std::ptrdiff_t>(row_bytes),
          static_cast<std::ptrdiff_t>(size_of(x.dtype())),
          std::move(bytes)};
}

std::string memory_reason(const Footprint& footprint, double row_bytes, std::size_t n, double limit) {
  std::string reason =
      "needs " + bytes_text(footprint.bytes + (footprint.streams ? 0 : row_bytes)) + " of memory, the limit is " + bytes_text(limit);
  // Working memory grows at most with the square of n, so this many rows fit whatever the estimator does.
  const double share = std::sqrt(limit / (footprint.bytes + row_bytes));
  const auto fitting = static_cast<std::size_t>(static_cast<double>(n) * std::min(1.0, share));
  if (fitting >= 2) reason += "; use --rows " + std::to_string(fitting) + " or fewer, or raise --mem";
  return reason;
}

// The rows of one tensor as its cells see them.
class TensorRows {
 public:
  TensorRows(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile& file, const Context& context)
      : file_(file), index_(tensor.index), stored_(file.samples(tensor.index, false)), view_(stored_) {
    if (settings.drop_nonfinite_rows) drop_nonfinite(context);
    if (settings.rows && *settings.rows < view_.n()) choose(*settings.rows, settings.seed);
  }

  [[nodiscard]] const SampleMatrix& view() const { return view_; }
  [[nodiscard]] std::size_t stored_rows() const { return stored_.n(); }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] double bytes() const {
    return static_cast<double>(view_.n()) * static_cast<double>(view_.d()) * static_cast<double>(size_of(view_.dtype()));
  }

  void load() {
    if (view_.streamed()) view_ = rows_ ? gathered(stored_, *rows_) : file_.samples(index_, true);
  }

  [[nodiscard]] Labels labels(const LabelSource& source) const {
    const auto labels = source.find(file_);
    if (labels->n() != stored_.n())
      throw InvalidArgument("labels have " + std::to_string(labels->n()) + " rows, the tensor has " + std::to_string(stored_.n()));
    return rows_ ? labels->select(*rows_) : *labels;
  }

 private:
  void drop_nonfinite(const Context& context) {
    std::vector<std::size_t> rows = finite_rows(stored_, context);
    if (rows.size() == stored_.n()) return;
    if (rows.empty()) throw InvalidArgument("every row holds NaN or Inf");
    notes_.push_back("dropped " + std::to_string(stored_.n() - rows.size()) + " of " + std::to_string(stored_.n()) +
                     " rows, which hold NaN or Inf");
    use(std::move(rows));
  }
  void choose(std::size_t count, std::uint64_t seed) {
    const std::size_t n = view_.n();
    std::vector<std::size_t> rows = RandomStream(seed, row_stream).subset(n, count);
    if (rows_)
      for (std::size_t& row : rows) row = (*rows_)[row];
    notes_.push_back("used " + std::to_string(count) + " of " + std::to_string(n) + " rows, drawn with seed " + std::to_string(seed));
    use(std::move(rows));
  }
  void use(std::vector<std::size_t> rows) {
    view_ = stored_.select(rows);
    rows_ = std::move(rows);
  }

  const io::TensorFile& file_;
  std::size_t index_;
  SampleMatrix stored_, view_;
  std::optional<std::vector<std::size_t>> rows_;
  std::vector<std::string> notes_;
};

bool takes_labels(const CellSettings& settings, std::size_t spec) {
  return settings.labels.given() && settings.specs[spec].estimator->card.labels != Need::none;
}

// What is known of a cell that came to no estimate.
Estimate facts_of(const io::EstimatorSpec& spec, const PlannedTensor& tensor) {
  Estimate facts;
  facts.estimator = spec.estimator->card.name;
  facts.options = spec.options;
  if (tensor.info.shape.size() == 2) {
    facts.n = tensor.info.shape[0];
    facts.d = tensor.info.shape[1];
  }
  return facts;
}

}  // namespace

LabelSource::LabelSource(const std::string& argument, const io::ReadOptions& options) {
  if (argument.starts_with(':')) {
    per_file_ = argument.substr(1);
    if (per_file_.empty()) throw InvalidArgument("--labels ':' names no tensor; write :NAME, PATH or PATH:NAME");
  } else if (!argument.empty()) {
    labels_ = std::make_shared<const Labels>(io::open_labels(argument, options));
  }
}

std::shared_ptr<const Labels> LabelSource::find(const io::TensorFile& file) const {
  if (labels_ != nullptr) return labels_;
  const auto& tensors = file.tensors();
  const auto found = std::find_if(tensors.begin(), tensors.end(), [this](const auto& tensor) { return tensor.name == per_file_; });
  if (found == tensors.end()) throw InvalidArgument("the file has no tensor '" + per_file_ + "' for --labels");
  return std::make_shared<const Labels>(file.labels(static_cast<std::size_t>(found - tensors.begin())));
}

std::string name_of_cell(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile* file, std::size_t spec,
                         std::uint64_t content_hash, std::uint64_t y_hash) {
  io::CellKey key{tensor.file, tensor.info.name, &settings.specs[spec], {}, content_hash};
  if (settings.rows) key.settings.emplace_back("rows", std::to_string(*settings.rows) + " seed " + std::to_string(settings.seed));
  if (settings.drop_nonfinite_rows) key.settings.emplace_back("nan", "drop-rows");
  if (!settings.dtype.empty()) key.settings.emplace_back("dtype", settings.dtype);
  if (takes_labels(settings, spec) && file != nullptr) {
    try {
      key.settings.emplace_back("labels", std::to_string(io::content_hash(*settings.labels.find(*file))));
    } catch (const std::exception&) {
      key.settings.emplace_back("labels", "missing");  // the cell's row says why
    }
  }
  if (takes_partner(settings.specs[spec])) key.settings.emplace_back("y", std::to_string(y_hash));
  return io::cell_id(key);
}

bool takes_partner(const io::EstimatorSpec& spec) { return spec.estimator->card.sample_names.size() > 1; }

void compute_cells(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile* file, const Partner& partner,
                   const std::vector<PendingCell>& pending, const Context& context, const CellEvents& events) {
  std::optional<TensorRows> rows, y;
  std::string problem = tensor.problem;
  Memo memo;
  Context shared = context;
  shared.memo = &memo;

  // Runs `work`; false and the reason when it came to nothing.
  const auto attempt = [](std::string& reason, const auto& work) {
    try {
      work();
      return true;
    } catch (const Cancelled&) {
      throw;
    } catch (const std::bad_alloc&) {
      reason = "not enough memory; use --rows";
    } catch (const std::exception& error) {
      reason = error.what();
    }
    return false;
  };

  const double limit = static_cast<double>(settings.memory_limit);
  std::vector<std::string> refused(settings.specs.size());
  const bool pairs =
      std::any_of(pending.begin(), pending.end(), [&](const PendingCell& c) { return takes_partner(settings.specs[c.spec]); });
  std::string y_problem = partner.problem;
  if (problem.empty() && pairs && y_problem.empty())
    attempt(y_problem, [&] { y.emplace(settings, partner.tensor, *partner.file, context); });
  if (problem.empty())
    attempt(problem, [&] {
      rows.emplace(settings, tensor, *file, context);
      bool load = rows->bytes() <= always_in_memory, load_y = y && y->bytes() <= always_in_memory;
      for (const PendingCell& cell : pending) {
        const io::EstimatorSpec& wanted = settings.specs[cell.spec];
        const EstimatorCard& card = wanted.estimator->card;
        const bool pair = takes_partner(wanted);
        if (pair && y_problem.empty() && card.paired && y->stored_rows() != rows->stored_rows())
          refused[cell.spec] = "y = " + partner.text() + " has " + std::to_string(y->stored_rows()) + " rows where x has " +
                               std::to_string(rows->stored_rows());
        if (pair && !y_problem.empty()) refused[cell.spec] = "y: " + y_problem;
        if (!refused[cell.spec].empty()) continue;
        const std::size_t n = rows->view().n() + (pair && !card.paired ? y->view().n() : 0);
        const std::size_t d = pair ? std::max(rows->view().d(), y->view().d()) : rows->view().d();
        const double bytes = rows->bytes() + (pair ? y->bytes() : 0);
        const Footprint footprint = wanted.estimator->footprint(wanted.options, n, d);
        if (footprint.bytes + (footprint.streams ? 0 : bytes) > limit) {
          refused[cell.spec] = memory_reason(footprint, bytes, rows->view().n(), limit);
        } else {
          load = load || !footprint.streams;
          load_y = load_y || (pair && !footprint.streams);
        }
      }
      if (load) rows->load();
      if (load_y) y->load();
    });

  for (const PendingCell& cell : pending) {
    const std::size_t spec = cell.spec;
    if (events.stop()) return;
    if (events.start) events.start(spec);
    const io::EstimatorSpec& wanted = settings.specs[spec];
    const auto begin = std::chrono::steady_clock::now();
    Estimate estimate = facts_of(wanted, tensor);
    std::string reason = problem.empty() ? refused[spec] : problem;
    const bool computed = reason.empty() && attempt(reason, [&] {
                            Inputs inputs{{rows->view()}, std::nullopt, {}};
                            if (takes_partner(wanted)) inputs.samples.push_back(y->view());
                            if (takes_labels(settings, spec)) inputs.labels = rows->labels(settings.labels);
                            estimate = wanted.estimator->run(inputs, wanted.options, shared);
                            estimate.warnings.insert(estimate.warnings.begin(), rows->notes().begin(), rows->notes().end());
                            if (takes_partner(wanted))
                              for (const std::string& note : y->notes()) estimate.warnings.push_back("y: " + note);
                          });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const io::RowOrigin origin{cell.id,      tensor.file, tensor.info.name,
                               tensor.layer, seconds,     takes_partner(wanted) ? partner.text() : std::string()};
    events.finished(spec, io::parse_row(computed ? io::row_json(estimate, origin) : io::error_row_json(estimate, origin, reason)));
  }
}

double working_bytes(const CellSettings& settings, const PlannedTensor& tensor) {
  if (!tensor.problem.empty() || tensor.info.shape.size() != 2) return 0;
  const auto stored = static_cast<std::size_t>(tensor.info.shape[0]), d = static_cast<std::size_t>(tensor.info.shape[1]);
  const std::size_t n = settings.rows ? std::min(*settings.rows, stored) : stored;
  double largest = 0;
  bool pairs = false;
  for (const io::EstimatorSpec& spec : settings.specs) {
    pairs = pairs || takes_partner(spec);  // its partner is taken to be as large
    const std::size_t rows = takes_partner(spec) && !spec.estimator->card.paired ? 2 * n : n;
    largest = std::max(largest, spec.estimator->footprint(spec.options, rows, d).bytes);
  }
  return largest + (pairs ? 16 : 8) * static_cast<double>(stored) * static_cast<double>(d);
}

}  // namespace entrospect::cli
