#pragma once
// One column of a comma- or tab-separated file (RFC 4180): labels and weights, never samples.

#include <filesystem>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

// `column` names a column of the header line. Without it the file must have one column; its first line is a header if it is not a number
// and all others are (columns of texts are read from the first line on). Whole numbers stay whole; a column with other numbers, or with
// missing ones ("", NA, N/A, NaN, null), is real; anything else is text. Missing values among whole numbers or texts are an error.
Labels csv_labels(const std::filesystem::path& path, const std::string& column, const ReadOptions& options);
std::vector<double> csv_numbers(const std::filesystem::path& path, const std::string& column, const ReadOptions& options);

}  // namespace entrospect::io
