#pragma once
// The one place where a matrix that ought to be symmetric is checked. Private to spectral/.

#include <string_view>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

// Throws InvalidArgument naming the first non-finite entry, or the pair with the largest asymmetry when it exceeds `tolerance` * max |a|.
// Then replaces every pair by its average. `what` begins the message.
template <class T>
void check_and_symmetrize(SymmetricMatrix<T>& a, double tolerance, std::string_view what, const Context& context);

}  // namespace entrospect::detail
