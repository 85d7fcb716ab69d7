#include "entrospect/bindings/io/results.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

namespace entrospect::io {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* results_name = "results.jsonl";
constexpr const char* errors_name = "errors.jsonl";
constexpr const char* fingerprints_name = "fingerprints.jsonl";

std::string dumped(const Json& json, int indent = -1) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

[[noreturn]] void output_failed(const fs::path& path, const char* what) {
  throw OutputError(std::string(what) + " " + path.string() + ": " + std::strerror(errno));
}

int open_for_append(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) output_failed(path, "cannot open");
  return descriptor;
}

void write_all(int descriptor, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) output_failed(path, "cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// A whole file or none: written beside its place, flushed to the disk, then renamed.
void replace_file(const fs::path& path, std::string_view text) {
  const fs::path temporary = path.string() + ".tmp";
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) output_failed(temporary, "cannot open");
  try {
    write_all(descriptor, text, temporary);
    if (::fsync(descriptor) != 0) output_failed(temporary, "cannot write");
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  if (::close(descriptor) != 0) output_failed(temporary, "cannot write");
  if (::rename(temporary.c_str(), path.c_str()) != 0) output_failed(path, "cannot rename to");
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// Lines that end in LF; what follows the last LF was torn by a crash.
struct Lines {
  std::vector<std::string_view> whole;
  std::size_t whole_bytes = 0;
};
Lines split(std::string_view text) {
  Lines out;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', out.whole_bytes)) {
    out.whole.push_back(text.substr(out.whole_bytes, end - out.whole_bytes));
    out.whole_bytes = end + 1;
  }
  return out;
}

void cut_to(int descriptor, std::size_t bytes, const fs::path& path) {
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) output_failed(path, "cannot cut the torn last line of");
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::optional<double> number(const Json& row, const char* name) {
  const Json& value = row.at(name);
  if (value.is_null()) return std::nullopt;
  return value.get<double>();
}

std::string text_or_empty(const Json& row, const char* name) {
  const Json& value = row.at(name);
  return value.is_null() ? std::string() : value.get<std::string>();
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string csv_text(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return csv_field(value.get<std::string>());
  if (!value.is_array()) return csv_field(dumped(value));
  std::string joined;
  for (const Json& item : value) joined += (joined.empty() ? "" : "; ") + (item.is_string() ? item.get<std::string>() : dumped(item));
  return csv_field(joined);
}

}  // namespace

ResultRow parse_row(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    if (json.at("v").get<int>() != kRowSchema)
      throw InvalidArgument("row of schema " + dumped(json.at("v")) + "; this version reads schema " + std::to_string(kRowSchema));
    ResultRow row;
    row.line = line;
    row.cell = text_or_empty(json, "cell");
    row.file = text_or_empty(json, "file");
    row.tensor = text_or_empty(json, "tensor");
    row.estimator = json.at("estimator").get<std::string>();
    row.value = number(json, "value");
    row.std_error = number(json, "std_error");
    row.unit = text_or_empty(json, "unit");
    row.status = json.at("status").get<std::string>();
    row.reason = text_or_empty(json, "reason");
    row.warnings = json.at("warnings").get<std::vector<std::string>>();
    row.n = json.at("n").get<std::uint64_t>();
    row.d = json.at("d").get<std::uint64_t>();
    return row;
  } catch (const nlohmann::json::exception& error) {
    throw InvalidArgument(std::string("not a row of schema ") + std::to_string(kRowSchema) + ": " + error.what());
  }
}

std::string error_row_json(const Estimate& facts, const RowOrigin& origin, const std::string& reason) {
  Estimate estimate = facts;
  estimate.value = std::numeric_limits<double>::quiet_NaN();
  estimate.cap.reset();
  Json row = Json::parse(row_json(estimate, origin));
  row["status"] = "error";
  row["reason"] = reason;
  for (const char* unknown : {"convention", "unit"})
    if (row.contains(unknown)) row[unknown] = nullptr;
  return dumped(row);
}

std::string csv(std::span<const ResultRow> rows) {
  std::string out;
  for (const ResultRow& row : rows) {
    const Json json = Json::parse(row.line);
    if (out.empty()) {
      for (const auto& [name, value] : json.items()) out += (out.empty() ? "" : ",") + name;
      out += '\n';
    }
    std::string line;
    for (const auto& [name, value] : json.items()) line += csv_text(value) + ',';
    line.back() = '\n';
    out += line;
  }
  return out;
}

std::string cell_id(const CellKey& key) {
  // Each part with its length in front, so that no two keys give the same bytes.
  std::string bytes;
  const auto add = [&bytes](std::string_view part) { bytes.append(std::to_string(part.size())).append(":").append(part); };
  add(key.file);
  add(key.tensor);
  add(key.spec->estimator->card.name);
  add(std::to_string(key.spec->estimator->card.version));
  add(hexadecimal(key.content_hash));
  add(std::to_string(key.spec->options.size()));
  for (const auto& [name, value] : key.spec->options) {
    add(name);
    add(to_text(value));
  }
  for (const auto& [name, value] : key.settings) {
    add(name);
    add(value);
  }
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return "xxh3:" + hexadecimal(hash.high64) + hexadecimal(hash.low64);
}

std::optional<std::int64_t> layer_number(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t i = 0; i < name.size();) {
    if (!is_digit(name[i])) {
      ++i;
      continue;
    }
    std::size_t end = i, word = i;
    while (end < name.size() && is_digit(name[end])) ++end;
    while (word > 0 && is_letter(name[word - 1])) --word;
    std::string before(name.substr(word, i - word));
    for (char& c : before) c = static_cast<char>(c | 0x20);
    const bool named = before.empty() || before == "layer" || before == "layers" || before == "block" || before == "blocks" ||
                       before == "l" || before == "h";
    const bool ends = end == name.size() || !is_letter(name[end]);
    if (named && ends && end - i <= 9) return std::stoll(std::string(name.substr(i, end - i)));
    i = end;
  }
  return std::nullopt;
}

ResultsFolder::ResultsFolder(fs::path folder, bool resume, bool retry_failed) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error || !fs::is_directory(folder_, error))
    throw InvalidArgument("-o " + folder_.string() +
                          " is not a folder and cannot be made one: " + (error ? error.message() : "something else has its name"));
  lock_ = ::open((folder_ / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) output_failed(folder_ / ".lock", "cannot open");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw InvalidArgument("-o " + folder_.string() + ": another run is writing there; wait for it or choose another folder");
  }
  try {
    const fs::path results = folder_ / results_name;
    for (const char* name : {results_name, fingerprints_name})
      if (fs::exists(folder_ / name) && !fs::is_regular_file(folder_ / name))
        throw InvalidArgument((folder_ / name).string() + " is not a regular file; choose another folder");
    if (!resume && fs::exists(results) && fs::file_size(results, error) > 0)
      throw InvalidArgument("-o " + folder_.string() + " already holds results; add --resume to go on with them, or choose another folder");
    for (const char* final_file : {"results.csv", "summary.json"}) fs::remove(folder_ / final_file);
    results_ = open_for_append(results);
    fingerprint_log_ = open_for_append(folder_ / fingerprints_name);
    log_ = open_for_append(folder_ / "run.log");
    read_rows(retry_failed);
    read_fingerprints();
    std::string errors;
    for (const ResultRow& row : rows_)
      if (row.failed()) errors += row.line + '\n';
    replace_file(folder_ / errors_name, errors);
    errors_ = open_for_append(folder_ / errors_name);
  } catch (...) {
    for (const int descriptor : {lock_, results_, errors_, log_, fingerprint_log_})
      if (descriptor >= 0) ::close(descriptor);
    throw;
  }
}

ResultsFolder::~ResultsFolder() {
  for (const int descriptor : {results_, errors_, log_, fingerprint_log_, lock_}) ::close(descriptor);
}

void ResultsFolder::read_rows(bool retry_failed) {
  const fs::path path = folder_ / results_name;
  const std::string text = read_file(path);
  const Lines lines = split(text);
  for (std::size_t i = 0; i < lines.whole.size(); ++i) {
    try {
      ResultRow row = parse_row(lines.whole[i]);
      const auto [at, is_new] = row_of_.emplace(row.cell, rows_.size());
      if (is_new)
        rows_.push_back(std::move(row));
      else
        rows_[at->second] = std::move(row);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(path.string() + " line " + std::to_string(i + 1) + " is " + error.what() +
                            "; delete that line to compute its cell again, or choose another folder");
    }
  }
  if (lines.whole_bytes != text.size()) {
    cut_to(results_, lines.whole_bytes, path);
    log("cut a torn last line of " + std::to_string(text.size() - lines.whole_bytes) + " bytes from results.jsonl");
  }
  if (!retry_failed) return;
  std::erase_if(rows_, [](const ResultRow& row) { return row.failed(); });
  row_of_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) row_of_.emplace(rows_[i].cell, i);
}

void ResultsFolder::read_fingerprints() {
  const fs::path path = folder_ / fingerprints_name;
  const std::string text = read_file(path);
  const Lines lines = split(text);
  for (const std::string_view line : lines.whole) {
    const Json json = Json::parse(line, nullptr, false);
    try {
      remembered_[{json.at("file").get<std::string>(), json.at("tensor").get<std::string>()}] = {
          json.at("bytes").get<std::uint64_t>(), json.at("modified_ns").get<std::int64_t>(), json.at("changed_ns").get<std::int64_t>(),
          std::stoull(json.at("hash").get<std::string>(), nullptr, 16)};
    } catch (const std::exception&) {
      continue;  // only a cache: the hash is computed again
    }
  }
  if (lines.whole_bytes != text.size()) cut_to(fingerprint_log_, lines.whole_bytes, path);
}

const ResultRow* ResultsFolder::find(const std::string& cell) const {
  const auto found = row_of_.find(cell);
  return found == row_of_.end() ? nullptr : &rows_[found->second];
}

void ResultsFolder::append(const ResultRow& row) {
  write_all(results_, row.line + '\n', folder_ / results_name);
  if (row.failed()) write_all(errors_, row.line + '\n', folder_ / errors_name);
}

void ResultsFolder::log(std::string_view text) { write_all(log_, now() + ' ' + std::string(text) + '\n', folder_ / "run.log"); }

std::uint64_t ResultsFolder::content_hash(const TensorFile& tensors, std::size_t index, const std::string& file) {
  const TensorInfo& info = tensors.tensors().at(index);
  struct stat state {};
  if (::stat(info.file.c_str(), &state) != 0)
    throw FileError({info.file, info.name, 0}, "a file that can be read", std::strerror(errno), "check the path and its permissions");
  constexpr std::int64_t second = 1'000'000'000;
  Fingerprint print{static_cast<std::uint64_t>(state.st_size), state.st_mtim.tv_sec * second + state.st_mtim.tv_nsec,
                    state.st_ctim.tv_sec * second + state.st_ctim.tv_nsec, 0};
  const std::pair<std::string, std::string> name{file, info.name};
  if (const auto found = remembered_.find(name); found != remembered_.end()) {
    const Fingerprint& old = found->second;
    if (old.bytes == print.bytes && old.modified_ns == print.modified_ns && old.changed_ns == print.changed_ns) {
      used_[name] = old;
      return old.hash;
    }
  }
  print.hash = tensors.content_hash(index);
  remembered_[name] = used_[name] = print;
  const Json line{{"file", file},
                  {"tensor", info.name},
                  {"bytes", print.bytes},
                  {"modified_ns", print.modified_ns},
                  {"changed_ns", print.changed_ns},
                  {"hash", hexadecimal(print.hash)}};
  write_all(fingerprint_log_, dumped(line) + '\n', folder_ / fingerprints_name);
  return print.hash;
}

void ResultsFolder::write_manifest(std::string_view facts, std::string_view status) {
  Json manifest = Json::parse(facts);
  manifest["status"] = status;
  manifest["updated"] = now();
  manifest["inputs"] = Json::array();
  for (const auto& [name, print] : used_)
    manifest["inputs"].push_back({{"file", name.first},
                                  {"tensor", name.second},
                                  {"bytes", print.bytes},
                                  {"modified_ns", print.modified_ns},
                                  {"hash", "xxh3:" + hexadecimal(print.hash)}});
  replace_file(folder_ / "manifest.json", dumped(manifest, 1) + '\n');
}

void ResultsFolder::finish(std::span<const ResultRow> rows, std::string_view summary) {
  replace_file(folder_ / "results.csv", csv(rows));
  replace_file(folder_ / "summary.json", dumped(Json::parse(summary), 1) + '\n');
}

}  // namespace entrospect::io
