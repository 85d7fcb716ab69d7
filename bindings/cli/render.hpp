#pragma once
// Rows of results as a table for people: layers down, estimators (or checkpoints) across, footnotes for everything that is not plainly ok.

#include <span>
#include <string>
#include <vector>

#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/io/results.hpp"
#include "entrospect/bindings/io/spec.hpp"

namespace entrospect::cli {

// One line of the table: a tensor and its row per estimator; null where no row exists yet (the run was interrupted).
struct ResultLine {
  std::string group;  // the file (a checkpoint), or the folder of files with one tensor each
  std::string label;  // the layer's name inside the group
  std::vector<const io::ResultRow*> cells;
};

// Groups with the same layers, and more than one of them, are checkpoints: one block per estimator, checkpoints across. Otherwise one block
// per group, estimators across.
std::string render_results(std::span<const ResultLine> lines, std::span<const io::EstimatorSpec> columns, const Style& style);

// The parts in which paths differ, whole path components and without a common extension: {"a/e_0/x.npz", "a/e_1/x.npz"} -> {"e_0", "e_1"}.
std::vector<std::string> short_names(std::span<const std::string> paths);

// The shortest of an estimator's name and aliases.
std::string short_name(const EstimatorInfo& estimator);

}  // namespace entrospect::cli
