#pragma once
// The results folder of a run and its rows (schema v1):
//
//   results.jsonl      one row per finished cell, appended and flushed as it finishes; the last row of a cell counts
//   errors.jsonl       the rows of cells that have no value
//   run.log            what happened, with times
//   fingerprints.jsonl content hashes with the size and times of the file they were computed from
//   manifest.json      command, settings, versions, inputs; replaced as a whole
//   results.csv, summary.json   only after the last cell, by rename, so a torn table never looks like a whole one

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/bindings/io/spec.hpp"
#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

// What a table needs to know of a row; `line` is the whole row.
struct ResultRow {
  std::string line;
  std::string cell, file, tensor, estimator;
  std::optional<double> value, std_error;
  std::string unit, status, reason;
  std::vector<std::string> warnings;
  std::uint64_t n = 0, d = 0;
  [[nodiscard]] bool failed() const { return !value; }
};

// Throws InvalidArgument unless the line is one row of schema v1.
ResultRow parse_row(std::string_view line);

// The row of a cell that came to no estimate: status "error", no value. `facts` holds what is known (estimator, options, n, d).
std::string error_row_json(const Estimate& facts, const RowOrigin& origin, const std::string& reason);

// Header and one line per row, in the columns of the schema; params as JSON, warnings joined by "; ".
std::string csv(std::span<const ResultRow> rows);

// Names a cell of the table by everything that its value depends on. `settings` are choices outside the estimator's options (rows, labels).
struct CellKey {
  std::string file, tensor;
  const EstimatorSpec* spec = nullptr;
  std::vector<std::pair<std::string, std::string>> settings;
  std::uint64_t content_hash = 0;
};
std::string cell_id(const CellKey& key);  // "xxh3:" and 32 hexadecimal digits

// The number of a layer in a name: the first digits that stand alone ("blocks.12.attn") or follow a word for layer ("layer3", "h7").
std::optional<std::int64_t> layer_number(std::string_view name);

// A write that failed, with file and cause (disk full).
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Not thread-safe. One process at a time: the folder is locked while open.
class ResultsFolder {
 public:
  // Creates the folder. Without `resume` a folder that already holds results is an InvalidArgument; with it, finished rows are read back, a
  // torn last line is cut off, and final files of the earlier run are removed. `retry_failed` forgets the cells that have no value.
  ResultsFolder(std::filesystem::path folder, bool resume, bool retry_failed = false);
  ~ResultsFolder();
  ResultsFolder(const ResultsFolder&) = delete;
  ResultsFolder& operator=(const ResultsFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }
  [[nodiscard]] std::size_t finished() const { return rows_.size(); }
  [[nodiscard]] const ResultRow* find(const std::string& cell) const;

  void append(const ResultRow& row);  // to results.jsonl, and to errors.jsonl when it has no value
  void log(std::string_view text);    // one line of run.log

  // The tensor's content hash, remembered as long as size, modification and change time of its file (to the nanosecond) stay the same.
  // `file` is the name in rows.
  std::uint64_t content_hash(const TensorFile& tensors, std::size_t index, const std::string& file);

  // Replaces manifest.json: `facts` is a JSON object; "status" and "inputs" (the fingerprints used) are added.
  void write_manifest(std::string_view facts, std::string_view status);
  // Writes results.csv and summary.json (`summary` is a JSON object) of a run in which every cell has a row.
  void finish(std::span<const ResultRow> rows, std::string_view summary);

 private:
  struct Fingerprint {
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    std::uint64_t hash = 0;
  };
  void read_rows(bool retry_failed);
  void read_fingerprints();

  std::filesystem::path folder_;
  int lock_ = -1, results_ = -1, errors_ = -1, log_ = -1, fingerprint_log_ = -1;
  std::vector<ResultRow> rows_;                                                   // of earlier runs, in the order of results.jsonl
  std::unordered_map<std::string, std::size_t> row_of_;                           // cell -> index in rows_
  std::map<std::pair<std::string, std::string>, Fingerprint> remembered_, used_;  // by file and tensor
};

}  // namespace entrospect::io
