#include "entrospect/bindings/cli/progress.hpp"

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace entrospect::cli {
namespace {

std::string formatted(const char* format, double a) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, a);
  return text.data();
}

std::string clock_text(double seconds) {
  const long long whole = std::llround(seconds);
  std::array<char, 32> text{};
  if (whole >= 3600)
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text.data(), text.size(), "%02lld:%02lld", whole / 60, whole % 60);
  return text.data();
}

}  // namespace

ProgressLine::ProgressLine(ProgressMode mode, std::size_t layers, std::size_t cells)
    : mode_(mode), style_(style_of(STDERR_FILENO)), layers_(layers), cells_(cells) {}

void ProgressLine::start(std::size_t layer, std::string_view estimator) {
  const std::scoped_lock lock(mutex_);
  layer_ = layer;
  estimator_ = estimator;
  share_ = 0;
  show(false);
}

void ProgressLine::within(double share) {
  const std::scoped_lock lock(mutex_);
  share_ = share;
  show(false);
}

void ProgressLine::finished_cell(bool computed) {
  const std::scoped_lock lock(mutex_);
  ++finished_;
  if (computed) ++computed_;
  share_ = 0;
  show(finished_ == cells_);
}

void ProgressLine::clear() {
  const std::scoped_lock lock(mutex_);
  if (shown_) (void)std::fputs("\r\033[K", stderr);
  shown_ = false;
}

std::string ProgressLine::line() const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double done = static_cast<double>(finished_) + share_;
  std::string out = "layer " + std::to_string(layer_) + "/" + std::to_string(layers_) + " · " + estimator_ + " · " +
                    formatted("%.0f %%", 100 * done / static_cast<double>(cells_));
  if (computed_ > 0) {
    const double per_cell = elapsed / static_cast<double>(computed_);
    out += " · " + formatted("%.1f s/cell", per_cell) + " · eta " + clock_text(per_cell * (static_cast<double>(cells_) - done));
  }
  return out;
}

void ProgressLine::show(bool now) {
  if (mode_ == ProgressMode::none || cells_ == 0) return;
  const bool terminal = mode_ == ProgressMode::automatic && style_.terminal;
  const std::chrono::milliseconds pause(terminal ? 100 : mode_ == ProgressMode::jsonl ? 1000 : 30000);
  const Clock::time_point at = Clock::now();
  if (at - last_ < pause && !(now && mode_ == ProgressMode::jsonl)) return;
  last_ = at;
  if (mode_ == ProgressMode::jsonl) {
    const nlohmann::ordered_json json{
        {"layer", layer_},    {"layers", layers_}, {"estimator", estimator_},
        {"cells", finished_}, {"of", cells_},      {"seconds", std::chrono::duration<double>(at - begin_).count()}};
    note(json.dump());
  } else if (terminal) {
    std::string text = line();
    // A wrapped line could not be rewritten.
    while (style_.width != 0 && width_of(text) >= style_.width && !text.empty()) text.pop_back();
    (void)std::fputs(("\r\033[K" + text).c_str(), stderr);
    shown_ = true;
  } else {
    note(line());
  }
}

}  // namespace entrospect::cli
