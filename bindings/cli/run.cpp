#include "entrospect/bindings/cli/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "entrospect/bindings/cli/cells.hpp"
#include "entrospect/bindings/cli/choice.hpp"
#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/interrupt.hpp"
#include "entrospect/bindings/cli/render.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/io/detail/memory.hpp"
#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/libraries.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double side_by_side_bytes = 256e6;  // cells that need less are computed next to each other, one thread each

// Rows in the order of the plan, whatever order they are finished in: each is passed on when all before it have been.
class OrderedRows {
 public:
  OrderedRows(std::size_t cells, std::function<void(const io::ResultRow&, bool reused)> deliver)
      : rows_(cells), reused_(cells), deliver_(std::move(deliver)) {}

  void put(std::size_t cell, io::ResultRow row, bool reused) {
    const std::scoped_lock lock(mutex_);
    rows_[cell] = std::move(row);
    reused_[cell] = reused;
    for (; next_ < rows_.size() && rows_[next_]; ++next_) deliver_(*rows_[next_], reused_[next_]);
  }
  // After an interruption: rows behind a gap.
  void deliver_rest() {
    for (; next_ < rows_.size(); ++next_)
      if (rows_[next_]) deliver_(*rows_[next_], reused_[next_]);
  }
  [[nodiscard]] const std::vector<std::optional<io::ResultRow>>& rows() const { return rows_; }

 private:
  std::vector<std::optional<io::ResultRow>> rows_;
  std::vector<bool> reused_;
  std::size_t next_ = 0;
  std::function<void(const io::ResultRow&, bool reused)> deliver_;
  std::mutex mutex_;
};

struct Counts {
  std::size_t cells = 0, finished = 0, ok = 0, flagged = 0, failed = 0, reused = 0;
  std::string first_failure;
};

Counts count(const OrderedRows& rows, std::size_t reused) {
  Counts counts;
  counts.cells = rows.rows().size();
  counts.reused = reused;
  for (const auto& row : rows.rows()) {
    if (!row) continue;
    ++counts.finished;
    if (row->failed()) {
      if (++counts.failed == 1)
        counts.first_failure =
            io::printable(row->file + (row->tensor.empty() ? "" : ":" + row->tensor)) + ", " + row->estimator + ": " + row->reason;
    } else if (row->status == "ok" && row->warnings.empty()) {
      ++counts.ok;
    } else {
      ++counts.flagged;
    }
  }
  return counts;
}

class Run {
 public:
  Run(const RunOptions& options, Plan plan, CellSettings settings)
      : options_(options),
        plan_(std::move(plan)),
        settings_(std::move(settings)),
        progress_(options.progress, plan_.tensors.size(), plan_.tensors.size() * settings_.specs.size()),
        rows_(plan_.tensors.size() * settings_.specs.size(), [this](const io::ResultRow& row, bool reused) { deliver(row, reused); }) {}

  int execute() {
    if (!options_.out.empty()) {
      folder_.emplace(options_.out, options_.resume, options_.retry_failed);
      folder_->write_manifest(facts(), "running");
      folder_->log("start: " + std::to_string(plan_.tensors.size()) + " tensors, " + std::to_string(settings_.specs.size()) +
                   " estimators, " + std::to_string(folder_->finished()) + " rows of an earlier run");
    }
    bool cancelled = false;
    try {
      compute();
    } catch (const Cancelled&) {
      cancelled = true;
    }
    progress_.clear();
    rows_.deliver_rest();
    const bool interrupted = cancelled || interrupt_.requested();
    const Counts counts = count(rows_, reused_);
    close_folder(counts, interrupted);
    if (!options_.json) print(table());
    flush();
    note(last_line(counts));
    if (interrupted) return exit_code::interrupted;
    if (plan_.usable() == 0) return exit_code::no_input;
    return counts.failed > 0 && !options_.exit_zero ? exit_code::cells_failed : exit_code::ok;
  }

 private:
  void compute() {
    const double limit = static_cast<double>(settings_.memory_limit);
    const std::size_t workers = thread_count(context());
    const double small = std::min(side_by_side_bytes, limit / (2 * static_cast<double>(workers)));
    for (std::size_t first = 0; first < plan_.tensors.size() && !interrupt_.requested();) {
      std::size_t last = first;
      while (last < plan_.tensors.size() && last - first < 8 * workers && working_bytes(settings_, plan_.tensors[last]) <= small) ++last;
      if (last <= first + 1) {
        last = first + 1;
        open_files(first, last);
        compute_tensor(first, false);
      } else {
        open_files(first, last);
        parallel_for(context(), last - first, [&](std::size_t item) { compute_tensor(first + item, true); });
      }
      first = last;
    }
  }

  [[nodiscard]] Context context() {
    Context context;
    context.threads = options_.threads;
    context.cancel = &interrupt_.token();
    return context;
  }

  // Opens the files of the tensors [first, last) and closes the others. What changed since the plan was made becomes the tensor's problem.
  void open_files(std::size_t first, std::size_t last) {
    std::map<fs::path, std::shared_ptr<const io::TensorFile>> open;
    for (std::size_t t = first; t < last; ++t) {
      PlannedTensor& tensor = plan_.tensors[t];
      if (!tensor.problem.empty() && tensor.info.name.empty()) continue;
      try {
        auto& file = open[tensor.path];
        if (const auto found = open_.find(tensor.path); file == nullptr && found != open_.end()) file = found->second;
        if (file == nullptr) file = io::open(tensor.path, {options_.lenient, options_.dtype, settings_.memory_limit, settings_.unfold});
        const auto& tensors = file->tensors();
        if (tensor.index >= tensors.size() || tensors[tensor.index].name != tensor.info.name ||
            tensors[tensor.index].shape != tensor.info.shape)
          tensor.problem = "the file changed since the run started; start again";
      } catch (const std::exception& error) {
        open.erase(tensor.path);
        tensor.problem = error.what();
      }
    }
    open_ = std::move(open);
  }

  void compute_tensor(std::size_t t, bool side_by_side) {
    const PlannedTensor& tensor = plan_.tensors[t];
    const std::size_t specs = settings_.specs.size();
    const auto found = open_.find(tensor.path);
    const io::TensorFile* file = found == open_.end() ? nullptr : found->second.get();
    if (interrupt_.requested()) return;

    std::vector<PendingCell> pending;
    PlannedTensor current = tensor;
    std::vector<Partner> partners;
    std::vector<std::uint64_t> partner_hashes;
    for (const PartnerSource& source : settings_.partners) {
      partners.push_back(source.open(tensor));
      partner_hashes.push_back(partner_hash(partners.back(), partners.size()));
    }
    for (std::size_t s = 0; s < specs; ++s) {
      std::string cell;
      if (folder_) {
        cell = name_of_cell(settings_, tensor, file, s, content_hash(current, file), partner_hashes);
        if (const io::ResultRow* row = folder_->find(cell)) {
          progress_.finished_cell(false);
          rows_.put(t * specs + s, *row, true);
          continue;
        }
      }
      pending.push_back({s, std::move(cell)});
    }

    Context how = context();
    if (!side_by_side) {
      how.progress = [this](std::string_view, double done) { progress_.within(done); };
    }
    CellEvents events;
    events.stop = [this] { return interrupt_.requested(); };
    events.start = [&](std::size_t s) { progress_.start(t + 1, short_name(*settings_.specs[s].estimator)); };
    events.finished = [&](std::size_t s, io::ResultRow row) {
      progress_.finished_cell(true);
      rows_.put(t * specs + s, std::move(row), false);
    };
    compute_cells(settings_, current, file, partners, pending, how, events);
  }

  std::uint64_t partner_hash(Partner& partner, std::size_t place) {
    if (!folder_ || !partner.problem.empty()) return 0;
    PlannedTensor named = partner.tensor;
    // Apart from a file of the run, or of another --y, by the same name.
    named.file = "--y" + (place > 1 ? std::to_string(place) : "") + " " + named.file;
    const std::uint64_t hash = content_hash(named, partner.file.get());
    partner.problem = named.problem;
    return hash;
  }

  // A tensor whose bytes cannot be read has hash 0 and a problem.
  std::uint64_t content_hash(PlannedTensor& tensor, const io::TensorFile* file) {
    if (file == nullptr || !tensor.problem.empty()) return 0;
    try {
      const std::scoped_lock lock(folder_mutex_);
      return folder_->content_hash(*file, tensor.index, tensor.file);
    } catch (const io::OutputError&) {
      throw;
    } catch (const std::exception& error) {
      tensor.problem = error.what();
      return 0;
    }
  }

  void deliver(const io::ResultRow& row, bool reused) {
    if (reused) ++reused_;
    if (folder_ && !reused) {
      folder_->append(row);
      if (row.failed()) folder_->log("no value: " + io::printable(row.file + " " + row.tensor) + " " + row.estimator + ": " + row.reason);
    }
    if (options_.json) {
      progress_.clear();
      print(row.line + '\n');
      flush();
    }
  }

  void close_folder(const Counts& counts, bool interrupted) {
    if (!folder_) return;
    const bool complete = counts.finished == counts.cells;
    if (complete) {
      std::vector<io::ResultRow> rows;
      for (const auto& row : rows_.rows()) rows.push_back(*row);
      folder_->finish(rows, summary(counts));
    }
    folder_->write_manifest(facts(), complete ? "complete" : "interrupted");
    folder_->log((interrupted ? "interrupted: " : "end: ") + last_line(counts));
  }

  [[nodiscard]] std::string facts() const {
    Json estimators = Json::array();
    for (const io::EstimatorSpec& spec : settings_.specs)
      estimators.push_back({{"spec", io::spec_text(spec)}, {"version", spec.estimator->card.version}});
    Json json{{"schema", 1}, {"command", options_.command}, {"versions", Json::object()}};
    for (const auto& [name, version] : io::library_versions()) json["versions"][name] = version;
    json["estimators"] = std::move(estimators);
    json["settings"] = {{"labels", options_.labels}, {"y", options_.y}, {"tensors", options_.tensors}, {"seed", settings_.seed}};
    json["settings"]["rows"] = settings_.rows ? Json(*settings_.rows) : Json();
    json["settings"]["nan"] = settings_.drop_nonfinite_rows ? "drop-rows" : "error";
    json["settings"]["lenient"] = options_.lenient;
    json["settings"]["dtype"] = options_.dtype;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  [[nodiscard]] std::string summary(const Counts& counts) const {
    Json failures = Json::array();
    for (const auto& row : rows_.rows())
      if (row && row->failed())
        failures.push_back({{"file", row->file}, {"tensor", row->tensor}, {"estimator", row->estimator}, {"reason", row->reason}});
    const Json json{{"schema", 1},
                    {"cells", counts.cells},
                    {"ok", counts.ok},
                    {"with_warnings", counts.flagged},
                    {"failed", counts.failed},
                    {"from_earlier_runs", counts.reused},
                    {"tensors", plan_.tensors.size()},
                    {"skipped", plan_.skipped},
                    {"failures", failures}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  [[nodiscard]] std::string table() const {
    std::vector<ResultLine> lines;
    const std::size_t specs = settings_.specs.size();
    for (std::size_t t = 0; t < plan_.tensors.size(); ++t) {
      ResultLine line{plan_.tensors[t].group, plan_.tensors[t].label, {}};
      for (std::size_t s = 0; s < specs; ++s) {
        const auto& row = rows_.rows()[t * specs + s];
        line.cells.push_back(row ? &*row : nullptr);
      }
      lines.push_back(std::move(line));
    }
    return render_results(lines, settings_.specs, style_of(STDOUT_FILENO));
  }

  [[nodiscard]] std::string last_line(const Counts& counts) const {
    std::string out = std::to_string(counts.finished) + "/" + std::to_string(counts.cells) + " cells";
    if (counts.reused > 0) out += ", " + std::to_string(counts.reused) + " from an earlier run";
    if (counts.failed > 0) out += ", " + std::to_string(counts.failed) + " without a value (" + counts.first_failure + ")";
    if (counts.finished < counts.cells)
      out += folder_ ? "; go on with the same command and --resume" : "; add -o FOLDER and --resume to be able to go on";
    else if (counts.failed > 0 && folder_)
      out += "; try these again with --resume --retry-failed";
    return out;
  }

  const RunOptions& options_;
  Plan plan_;
  CellSettings settings_;
  Interrupt interrupt_;
  ProgressLine progress_;
  OrderedRows rows_;
  std::optional<io::ResultsFolder> folder_;
  std::mutex folder_mutex_;  // around content_hash; appending is serialised by OrderedRows
  std::map<fs::path, std::shared_ptr<const io::TensorFile>> open_;
  std::size_t reused_ = 0;
};

void print_dry_run(const Plan& plan, const CellSettings& settings) {
  std::string out;
  for (const PlannedTensor& tensor : plan.tensors)
    for (const io::EstimatorSpec& spec : settings.specs) {
      out += io::printable(tensor.file + (tensor.info.name.empty() ? "" : ":" + tensor.info.name)) + "  " + io::spec_text(spec);
      if (!tensor.problem.empty()) out += "  would fail: " + tensor.problem;
      out += '\n';
    }
  print(out);
  flush();
  note(std::to_string(plan.tensors.size() * settings.specs.size()) + " cells: " + std::to_string(plan.tensors.size()) + " tensors x " +
       std::to_string(settings.specs.size()) + " estimators; nothing computed");
}

}  // namespace

std::uint64_t parse_bytes(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.ends_with('B') || unit.ends_with('b')) unit.remove_suffix(1);
  const std::string_view units = "kMGT";
  double factor = 1;
  bool known = unit.empty();
  for (std::size_t i = 0; i < units.size(); ++i) {
    factor *= 1000;
    if (unit.size() == 1 && std::tolower(unit[0]) == std::tolower(units[i])) {
      value *= factor;
      known = true;
    }
  }
  if (error != std::errc{} || !known || !(value >= 1e6) || value > 1e18)
    throw InvalidArgument("--mem '" + text + "' is not an amount of memory of at least 1M, such as 512M or 16G");
  return static_cast<std::uint64_t>(value);
}

int run(const RunOptions& options) {
  const io::ReadOptions reading{options.lenient, options.dtype, 0, chosen_unfolding(options)};
  Plan plan = make_plan(read_headers(options.paths, reading), options.tensors);
  CellSettings settings;
  settings.specs = chosen_estimators(options, plan);
  settings.labels = LabelSource(options.labels, {options.lenient, options.dtype, 0});
  for (const auto& path : options.y) settings.partners.emplace_back(path, reading);
  if (options.rows) settings.rows = static_cast<std::size_t>(*options.rows);
  settings.seed = options.seed.value_or(0);
  settings.drop_nonfinite_rows = options.drop_nonfinite_rows;
  settings.dtype = options.dtype;
  settings.unfold = reading.unfold;
  settings.memory_limit = options.memory.empty() ? io::available_memory() / 4 * 3 : parse_bytes(options.memory);
  if (!plan.skipped.empty())
    note("skipped " + std::to_string(plan.skipped.size()) + (plan.skipped.size() == 1 ? " tensor: " : " tensors, such as ") +
         plan.skipped.front());
  if (options.dry_run) {
    print_dry_run(plan, settings);
    return exit_code::ok;
  }
  return Run(options, std::move(plan), std::move(settings)).execute();
}

}  // namespace entrospect::cli
