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

// What the estimator calls its i-th partner.
std::string name_of(const io::EstimatorSpec& spec, std::size_t i) { return sample_name(spec.estimator->card, i + 1); }

// With `taken` partners.
Footprint footprint_with(const io::EstimatorSpec& spec, std::size_t n, std::size_t d, std::size_t taken) {
  Footprint out = spec.estimator->footprint(spec.options, n, d);
  out.bytes += out.each_more * static_cast<double>(taken + 1 - std::min(taken + 1, spec.estimator->card.sample_names.size()));
  return out;
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
                         std::uint64_t content_hash, const std::vector<std::uint64_t>& partner_hashes) {
  io::CellKey key{tensor.file, tensor.info.name, &settings.specs[spec], {}, content_hash};
  if (settings.rows) key.settings.emplace_back("rows", std::to_string(*settings.rows) + " seed " + std::to_string(settings.seed));
  if (settings.drop_nonfinite_rows) key.settings.emplace_back("nan", "drop-rows");
  if (!settings.dtype.empty()) key.settings.emplace_back("dtype", settings.dtype);
  if (settings.unfold != io::Unfold::none)
    key.settings.emplace_back("unfold", io::unfold_choices()[static_cast<std::size_t>(settings.unfold)]);
  if (takes_labels(settings, spec) && file != nullptr) {
    try {
      key.settings.emplace_back("labels", std::to_string(io::content_hash(*settings.labels.find(*file))));
    } catch (const std::exception&) {
      key.settings.emplace_back("labels", "missing");  // the cell's row says why
    }
  }
  for (std::size_t i = 0; i < partners_taken(settings.specs[spec], partner_hashes.size()); ++i)
    key.settings.emplace_back(name_of(settings.specs[spec], i), std::to_string(partner_hashes[i]));
  return io::cell_id(key);
}

std::size_t partners_taken(const io::EstimatorSpec& spec, std::size_t given) {
  const EstimatorCard& card = spec.estimator->card;
  return card.more_samples ? given : std::min(given, card.sample_names.size() - 1);
}

void compute_cells(const CellSettings& settings, const PlannedTensor& tensor, const io::TensorFile* file,
                   const std::vector<Partner>& partners, const std::vector<PendingCell>& pending, const Context& context,
                   const CellEvents& events) {
  std::optional<TensorRows> rows;
  std::vector<std::optional<TensorRows>> others(partners.size());
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
  std::size_t most = 0;  // partners that any of the cells takes
  for (const PendingCell& cell : pending) most = std::max(most, partners_taken(settings.specs[cell.spec], partners.size()));
  std::vector<std::string> other_problems;
  for (const Partner& partner : partners) other_problems.push_back(partner.problem);
  for (std::size_t i = 0; problem.empty() && i < most; ++i)
    if (other_problems[i].empty())
      attempt(other_problems[i], [&] { others[i].emplace(settings, partners[i].tensor, *partners[i].file, context); });

  // Why the cell cannot use its i-th partner; empty when it can.
  const auto unusable = [&](const io::EstimatorSpec& wanted, std::size_t i) {
    if (!other_problems[i].empty()) return name_of(wanted, i) + ": " + other_problems[i];
    if (!wanted.estimator->card.paired || others[i]->stored_rows() == rows->stored_rows()) return std::string();
    return name_of(wanted, i) + " = " + partners[i].text() + " has " + std::to_string(others[i]->stored_rows()) + " rows where x has " +
           std::to_string(rows->stored_rows());
  };
  if (problem.empty())
    attempt(problem, [&] {
      rows.emplace(settings, tensor, *file, context);
      bool load = rows->bytes() <= always_in_memory;
      std::vector<bool> load_other(most);
      for (std::size_t i = 0; i < most; ++i) load_other[i] = others[i] && others[i]->bytes() <= always_in_memory;
      for (const PendingCell& cell : pending) {
        const io::EstimatorSpec& wanted = settings.specs[cell.spec];
        const EstimatorCard& card = wanted.estimator->card;
        const std::size_t taken = partners_taken(wanted, partners.size());
        std::string& reason = refused[cell.spec];
        for (std::size_t i = 0; reason.empty() && i < taken; ++i) reason = unusable(wanted, i);
        if (!reason.empty()) continue;
        std::size_t n = rows->view().n(), d = rows->view().d();
        double bytes = rows->bytes();
        for (std::size_t i = 0; i < taken; ++i) {
          if (!card.paired) n += others[i]->view().n();
          d = std::max(d, others[i]->view().d());
          bytes += others[i]->bytes();
        }
        const Footprint footprint = footprint_with(wanted, n, d, taken);
        if (footprint.bytes + (footprint.streams ? 0 : bytes) > limit) {
          reason = memory_reason(footprint, bytes, rows->view().n(), limit);
        } else if (!footprint.streams) {
          load = true;
          std::fill_n(load_other.begin(), taken, true);
        }
      }
      if (load) rows->load();
      for (std::size_t i = 0; i < most; ++i)
        if (load_other[i]) others[i]->load();
    });

  for (const PendingCell& cell : pending) {
    const std::size_t spec = cell.spec;
    if (events.stop()) return;
    if (events.start) events.start(spec);
    const io::EstimatorSpec& wanted = settings.specs[spec];
    const std::size_t taken = partners_taken(wanted, partners.size());
    const auto begin = std::chrono::steady_clock::now();
    Estimate estimate = facts_of(wanted, tensor);
    std::string reason = problem.empty() ? refused[spec] : problem;
    const bool computed = reason.empty() && attempt(reason, [&] {
                            Inputs inputs{{rows->view()}, std::nullopt, {}};
                            for (std::size_t i = 0; i < taken; ++i) inputs.samples.push_back(others[i]->view());
                            if (takes_labels(settings, spec)) inputs.labels = rows->labels(settings.labels);
                            estimate = wanted.estimator->run(inputs, wanted.options, shared);
                            estimate.warnings.insert(estimate.warnings.begin(), rows->notes().begin(), rows->notes().end());
                            for (std::size_t i = 0; i < taken; ++i)
                              for (const std::string& note : others[i]->notes())
                                estimate.warnings.push_back(name_of(wanted, i) + ": " + note);
                          });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    io::RowOrigin origin{cell.id, tensor.file, tensor.info.name, tensor.layer, seconds, {}};
    for (std::size_t i = 0; i < taken; ++i) origin.partners.emplace_back(name_of(wanted, i), partners[i].text());
    events.finished(spec, io::parse_row(computed ? io::row_json(estimate, origin) : io::error_row_json(estimate, origin, reason)));
  }
}

double working_bytes(const CellSettings& settings, const PlannedTensor& tensor) {
  if (!tensor.problem.empty() || tensor.info.shape.size() != 2) return 0;
  const auto stored = static_cast<std::size_t>(tensor.info.shape[0]), d = static_cast<std::size_t>(tensor.info.shape[1]);
  const std::size_t n = settings.rows ? std::min(*settings.rows, stored) : stored;
  double largest = 0;
  std::size_t most = 0;
  for (const io::EstimatorSpec& spec : settings.specs) {  // partners are taken to be as large
    const std::size_t taken = partners_taken(spec, settings.partners.size());
    most = std::max(most, taken);
    largest = std::max(largest, footprint_with(spec, spec.estimator->card.paired ? n : (taken + 1) * n, d, taken).bytes);
  }
  return largest + 8 * static_cast<double>(most + 1) * static_cast<double>(stored) * static_cast<double>(d);
}

}  // namespace entrospect::cli
