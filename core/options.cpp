#include "entrospect/core/options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace entrospect {
namespace {

// Also reads "inf", "infinity" and "nan", in any case. The whole text must be the number.
std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool contains(const Range& range, double value) {
  const bool above = range.low_open ? value > range.low : value >= range.low;
  const bool below = range.high_open ? value < range.high : value <= range.high;
  return above && below;  // false for NaN
}

// Negative, zero or positive as value <, =, > bound; exact where a float64 cannot hold the value.
int compare(std::int64_t value, double bound) {
  const auto rounded = static_cast<double>(value);
  if (rounded != bound) return rounded < bound ? -1 : 1;
  if (bound >= 0x1p63) return -1;
  const auto whole = static_cast<std::int64_t>(bound);
  return value < whole ? -1 : (value > whole ? 1 : 0);
}

bool contains(const Range& range, std::int64_t value) {
  const int low = compare(value, range.low), high = compare(value, range.high);
  return (range.low_open ? low > 0 : low >= 0) && (range.high_open ? high < 0 : high <= 0);
}

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words)
    if (!word.empty()) out += (out.empty() ? "'" : ", '") + word + "'";  // the empty word is "none given"
  return out;
}

class Checker {
 public:
  Checker(const FieldInfo& field, const OptionValue& value, std::string_view who) : field_(field), value_(value), who_(who) {}

  OptionValue run() const {
    switch (field_.kind) {
      case FieldKind::boolean:
        return boolean();
      case FieldKind::integer:
        return integer();
      case FieldKind::number:
        return number();
      case FieldKind::choice:
        return choice();
      case FieldKind::number_or_choice:
        break;
    }
    return number_or_choice();
  }

 private:
  [[nodiscard]] std::string subject() const {
    const bool quoted = std::holds_alternative<std::string>(value_);
    const std::string shown = quoted ? "'" + to_text(value_) + "'" : to_text(value_);
    return (who_.empty() ? std::string() : std::string(who_) + ": ") + field_.name + " = " + shown;
  }
  [[noreturn]] void wrong_type(const std::string& needed) const { throw WrongType(subject() + " is not " + needed); }

  [[nodiscard]] OptionValue boolean() const {
    if (std::holds_alternative<bool>(value_)) return value_;
    if (const auto* text = std::get_if<std::string>(&value_)) {
      if (*text == "true") return true;
      if (*text == "false") return false;
    }
    wrong_type("true or false");
  }

  [[nodiscard]] OptionValue integer() const {
    const std::string needed = "a whole number in " + to_text(field_.range);
    std::optional<std::int64_t> value;
    if (const auto* whole = std::get_if<std::int64_t>(&value_)) value = *whole;
    if (const auto* text = std::get_if<std::string>(&value_)) value = parse_integer(*text);
    if (!value) wrong_type(needed);
    if (!contains(field_.range, *value)) throw InvalidArgument(subject() + " is not " + needed);
    return *value;
  }

  [[nodiscard]] std::optional<double> as_number() const {
    if (const auto* real = std::get_if<double>(&value_)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*whole);
    if (const auto* text = std::get_if<std::string>(&value_)) return parse_number(*text);
    return std::nullopt;
  }

  [[nodiscard]] OptionValue number() const {
    const std::string needed = "a number in " + to_text(field_.range);
    const auto value = as_number();
    if (!value) wrong_type(needed);
    if (!contains(field_.range, *value)) throw InvalidArgument(subject() + " is not " + needed);
    return *value;
  }

  [[nodiscard]] bool is_choice() const {
    const auto* text = std::get_if<std::string>(&value_);
    return text != nullptr && std::find(field_.choices.begin(), field_.choices.end(), *text) != field_.choices.end();
  }
  [[nodiscard]] std::string suggestion() const {
    const auto* text = std::get_if<std::string>(&value_);
    return text == nullptr ? std::string() : did_you_mean(*text, field_.choices);
  }

  [[nodiscard]] OptionValue choice() const {
    if (is_choice()) return value_;
    const std::string needed = "one of " + joined(field_.choices);
    if (!std::holds_alternative<std::string>(value_)) wrong_type(needed);
    throw InvalidArgument(subject() + " is not " + needed + suggestion());
  }

  [[nodiscard]] OptionValue number_or_choice() const {
    if (is_choice()) return value_;
    const std::string needed = "a number in " + to_text(field_.range) + " or one of " + joined(field_.choices);
    const auto value = as_number();
    if (!value && !std::holds_alternative<std::string>(value_)) wrong_type(needed);
    if (!value || !contains(field_.range, *value)) throw InvalidArgument(subject() + " is not " + needed + suggestion());
    return *value;
  }

  const FieldInfo& field_;
  const OptionValue& value_;
  std::string_view who_;
};

// Names are compared without regard to case, and with `-` as `_`.
std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = std::exchange(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string to_text(const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::array<char, 32> buffer{};
  const auto written = std::holds_alternative<double>(value)
                           ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<double>(value))
                           : std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<std::int64_t>(value));
  return {buffer.data(), written.ptr};
}

std::string to_text(const Range& range) {
  return (range.low_open || std::isinf(range.low) ? "(" : "[") + to_text(OptionValue(range.low)) + ", " + to_text(OptionValue(range.high)) +
         (range.high_open ? ")" : "]");
}

OptionValue checked(const FieldInfo& field, const OptionValue& value, std::string_view who) { return Checker(field, value, who).run(); }

std::string nearest(std::string_view name, std::span<const std::string> names) {
  const std::string wanted = folded(name);
  // Distances are counted in half edits: a name cut short is nearer than one with a typing error.
  std::size_t best = 2 * (std::max<std::size_t>(2, wanted.size() / 3) + 1);  // further away it is a guess, not a suggestion
  std::string out;
  for (const std::string& candidate : names) {
    const std::string other = folded(candidate);
    const bool begins = wanted.size() > 2 && wanted.size() < other.size() && other.starts_with(wanted);
    const std::size_t distance = begins ? 1 : 2 * edit_distance(wanted, other);
    if (distance >= best || distance >= 2 * std::min(wanted.size(), other.size())) continue;
    best = distance;
    out = candidate;
  }
  return out;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> names, std::string_view otherwise) {
  const std::string close = nearest(name, names);
  return close.empty() ? std::string(otherwise) : "; did you mean '" + close + "'?";
}

std::string detail::word_of(const Field& field, std::int64_t value) {
  const auto found = std::find(field.values.begin(), field.values.end(), value);
  return found == field.values.end() ? "" : field.info.choices[static_cast<std::size_t>(found - field.values.begin())];
}

std::int64_t detail::value_of(const Field& field, const std::string& word) {
  const auto& choices = field.info.choices;
  const auto found = std::find(choices.begin(), choices.end(), word);
  if (found == choices.end()) throw InvalidArgument("unknown choice '" + word + "'");  // unreachable: the value was checked
  return field.values[static_cast<std::size_t>(found - choices.begin())];
}

const Field* Fields::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [name](const Field& field) { return field.info.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<FieldInfo> Fields::infos() const {
  std::vector<FieldInfo> out;
  for (const Field& field : entries_) out.push_back(field.info);
  return out;
}

// The address is only read through; tables have one accessor for both ways.
OptionValue Fields::read(const Field& field, const void* options) { return field.read(field, field.member(const_cast<void*>(options))); }

void Fields::add(Field field, const void* options) {
  field.info.default_value = read(field, options);
  entries_.push_back(std::move(field));
}

}  // namespace entrospect
