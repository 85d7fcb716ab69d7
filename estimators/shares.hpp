#pragma once
// Weights of rows as shares.

#include <cstddef>
#include <string_view>
#include <vector>

namespace entrospect {

// The weights of the rows in `kept` (empty: all), divided by their sum, whatever their scale. None stay none. Throws InvalidArgument, `who`
// in front, when they are all 0.
std::vector<double> shares(std::vector<double> weights, const std::vector<std::size_t>& kept, std::string_view who);

}  // namespace entrospect
