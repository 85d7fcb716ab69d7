// Compiled once per instruction set: ENTROSPECT_SIMD_LEVEL names the namespace, the compiler's flags choose the instructions.
// Only raw pointers and functions local to this file: an inline function of the standard library that was instantiated here could be the
// copy that the linker keeps for everyone, with instructions that an older processor lacks.
#include "entrospect/spectral/tile_kernels.hpp"

#include "entrospect/spectral/simd/vector.hpp"

namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL {
namespace {

using std::size_t;

// Register tile: kVectors vectors of a by kGroup lanes of b. 24 of 32 registers with AVX-512, 12 of 16 with AVX2, 8 of 16 else.
constexpr int kVectors = kBytes == 16 ? 2 : 3;
constexpr int kGroup = kBytes == 64 ? 8 : 4;
constexpr int kAhead = 8;  // depth steps between a prefetch and its use

template <class T>
constexpr int kPanel = kVectors* kLanes<T>;

// ---- register tiles --------------------------------------------------------------------------------------------------------------------

struct MultiplyAdd {
  template <class T>
  static ENTROSPECT_INLINE Vector<T> step(Vector<T> sum, Vector<T> a, Vector<T> b) {
    return sum + a * b;
  }
};
struct AddDistance {
  template <class T>
  static ENTROSPECT_INLINE Vector<T> step(Vector<T> sum, Vector<T> a, Vector<T> b) {
    const Vector<T> difference = a - b;
    return sum + select<T>(difference < 0, -difference, difference);
  }
};

// acc[j][v] = sum over depth of step(a lanes of vector v, b lane j). `a` may start inside a panel.
template <class T, class Step, int N>
ENTROSPECT_INLINE void register_tile(size_t depth, const T* a, const T* b, Vector<T> (&acc)[kGroup][N]) {
  for (int j = 0; j < kGroup; ++j)
    for (int v = 0; v < N; ++v) acc[j][v] = Vector<T>{};
  for (size_t k = 0; k < depth; ++k, a += kPanel<T>, b += kPanel<T>) {
    Vector<T> lanes[N];
    __builtin_prefetch(b + kAhead * kPanel<T>);
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) {
      lanes[v] = load<T>(a + v * kLanes<T>);
      __builtin_prefetch(a + kAhead * kPanel<T> + v * kLanes<T>);
    }
#pragma GCC unroll 8
    for (int j = 0; j < kGroup; ++j) {
      const Vector<T> other = fill<T>(b[j]);
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) acc[j][v] = Step::template step<T>(acc[j][v], lanes[v], other);
    }
  }
}

// Lane `lane` of packed panels.
template <class T>
ENTROSPECT_INLINE const T* lane_of(const T* panels, size_t depth, size_t lane) {
  return panels + lane / kPanel<T> * depth * kPanel<T> + lane % kPanel<T>;
}

// ---- X^T X -----------------------------------------------------------------------------------------------------------------------------

// rows x lanes of C += acc, where `lanes` may end before the register tile does.
template <class T, int N>
__attribute__((noinline)) void add_product(size_t depth, const T* a, const T* b, double* c, size_t ld, size_t rows, size_t lanes) {
  if (rows == kGroup)
    for (int j = 0; j < kGroup; ++j)
      for (size_t l = 0; l < lanes; l += 8) __builtin_prefetch(c + static_cast<size_t>(j) * ld + l, 1);
  Vector<T> acc[kGroup][N];
  register_tile<T, MultiplyAdd, N>(depth, a, b, acc);
  constexpr size_t kWidth = static_cast<size_t>(N) * kLanes<T>;
  alignas(kBytes) T out[kGroup][kWidth];
  for (int j = 0; j < kGroup; ++j)
    for (int v = 0; v < N; ++v) store<T>(&out[j][v * kLanes<T>], acc[j][v]);
  if (rows == kGroup && lanes == kWidth) {
    for (int j = 0; j < kGroup; ++j)
      for (size_t l = 0; l < kWidth; ++l) c[static_cast<size_t>(j) * ld + l] += static_cast<double>(out[j][l]);
  } else {
    for (size_t j = 0; j < rows; ++j)
      for (size_t l = 0; l < lanes; ++l) c[j * ld + l] += static_cast<double>(out[j][l]);
  }
}

template <class T>
void accumulate(const T* panels, size_t depth, size_t order, size_t first_column, size_t last_column, size_t first_row, size_t last_row,
                double* c) {
  constexpr size_t kL = kLanes<T>, kP = kPanel<T>;
  for (size_t row = first_row; row < last_row; row += kGroup) {
    const T* const b = lane_of(panels, depth, row);
    const size_t rows = last_row - row < kGroup ? last_row - row : kGroup;
    // The first panel whose last lane reaches the diagonal.
    size_t column = row / kP * kP;
    if (column < first_column) column = first_column;
    for (; column < last_column; column += kP) {
      size_t skip = 0;  // leading vectors wholly below the diagonal
      while (column + skip + kL - 1 < row) skip += kL;
      const size_t width = order - column < kP ? order - column : kP;
      if (skip >= width) continue;
      const T* const a = panels + column * depth + skip;
      double* const to = c + row * order + column + skip;
      switch (kVectors - static_cast<int>(skip / kL)) {
        case 1:
          add_product<T, 1>(depth, a, b, to, order, rows, width - skip);
          break;
        case 2:
          add_product<T, 2>(depth, a, b, to, order, rows, width - skip);
          break;
        default:
          add_product<T, kVectors>(depth, a, b, to, order, rows, width - skip);
      }
    }
  }
}

template <class S, class T>
void pack(const S* rows, size_t ld, size_t count, size_t columns, const double* origin, const double* shift, T* panels, size_t depth,
          size_t at) {
  constexpr size_t kP = kPanel<T>;
  constexpr size_t kRows = 8;  // read side by side from end to end, as many streams as the processor prefetches
  for (size_t first_row = 0; first_row < count; first_row += kRows) {
    const size_t last_row = count - first_row < kRows ? count : first_row + kRows;
    for (size_t first = 0; first < columns; first += kP) {
      const size_t width = columns - first < kP ? columns - first : kP;
      T* out = panels + first * depth + (at + first_row) * kP;
      const S* in = rows + first_row * ld + first;
      for (size_t r = first_row; r < last_row; ++r, out += kP, in += ld) {
        for (size_t l = 0; l < kP; l += 64 / sizeof(S)) __builtin_prefetch(in + kRows * ld + l);
        if (width < kP) {
          for (size_t l = 0; l < kP; ++l) out[l] = 0;
          for (size_t l = 0; l < width; ++l)
            out[l] = static_cast<T>(origin == nullptr ? static_cast<double>(in[l])
                                                      : (static_cast<double>(in[l]) - origin[first + l]) - shift[first + l]);
        } else if (origin == nullptr) {
          for (size_t l = 0; l < kP; ++l) out[l] = static_cast<T>(in[l]);
        } else {
          for (size_t l = 0; l < kP; ++l) out[l] = static_cast<T>((static_cast<double>(in[l]) - origin[first + l]) - shift[first + l]);
        }
      }
    }
  }
}

template <class S>
void sums(const S* rows, size_t ld, size_t count, size_t columns, const double* origin, double* out) {
  constexpr size_t kRows = 8;  // read side by side: the sums pass through the cache once for all of them
  for (size_t j = 0; j < columns; ++j) out[j] = 0;
  for (size_t first = 0; first < count; first += kRows) {
    const S* const in = rows + first * ld;
    const size_t here = count - first < kRows ? count - first : kRows;
    if (here == kRows) {
      for (size_t j = 0; j < columns; ++j) {
        double total = 0;
#pragma GCC unroll 8
        for (size_t r = 0; r < kRows; ++r) total += static_cast<double>(in[r * ld + j]) - origin[j];
        out[j] += total;
      }
    } else {
      for (size_t r = 0; r < here; ++r)
        for (size_t j = 0; j < columns; ++j) out[j] += static_cast<double>(in[r * ld + j]) - origin[j];
    }
  }
}

// ---- functions of a tile ---------------------------------------------------------------------------------------------------------------

template <class T>
struct ExpConstants;
template <>
struct ExpConstants<double> {
  static constexpr double log2e = 1.4426950408889634, high = 6.93147180369123816490e-01, low = 1.90821492927058770002e-10;
  static constexpr double round = 0x1.8p52, largest = 709.782712893384, smallest = -708.396418532264;
  static constexpr int mantissa = 52, degree = 13;
};
template <>
struct ExpConstants<float> {
  static constexpr float log2e = 1.44269504F, high = 0.693359375F, low = -2.12194440e-4F;
  static constexpr float round = 0x1.8p23F, largest = 88.7228355F, smallest = -87.3365479F;
  static constexpr int mantissa = 23, degree = 7;
};

// exp(x): x = k ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite 1980), Taylor series of exp(r) whose first omitted term is below half an
// ulp, exponent bits raised by k. Results below the smallest normal number are 0, above the largest infinity.
template <class T>
ENTROSPECT_INLINE Vector<T> exponential(Vector<T> x) {
  using C = ExpConstants<T>;
  constexpr double kInverseFactorial[] = {
      1,         1,          1. / 2,      1. / 6,       1. / 24,       1. / 120,       1. / 720,
      1. / 5040, 1. / 40320, 1. / 362880, 1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800.};
  const Bits<T> too_small = x<fill<T>(C::smallest), too_large = x> fill<T>(C::largest);
  x = select<T>(too_small | too_large, Vector<T>{}, x);
  const Vector<T> shifted = x * fill<T>(C::log2e) + fill<T>(C::round);
  const Vector<T> k = shifted - fill<T>(C::round);
  const Vector<T> r = (x - k * fill<T>(C::high)) - k * fill<T>(C::low);
  Vector<T> p = fill<T>(static_cast<T>(kInverseFactorial[C::degree]));
#pragma GCC unroll 16
  for (int i = C::degree - 1; i >= 0; --i) p = p * r + fill<T>(static_cast<T>(kInverseFactorial[i]));
  const Bits<T> raised = reinterpret_cast<Bits<T>>(p) + (reinterpret_cast<Bits<T>>(shifted) << C::mantissa);
  Vector<T> result = reinterpret_cast<Vector<T>>(raised);
  result = select<T>(too_small, Vector<T>{}, result);
  return select<T>(too_large, fill<T>(static_cast<T>(__builtin_inf())), result);
}

template <class T>
ENTROSPECT_INLINE Vector<T> square_root(Vector<T> x) {
  for (int l = 0; l < kLanes<T>; ++l)
    x[l] = sizeof(T) == 4 ? static_cast<T>(__builtin_sqrtf(static_cast<float>(x[l])))
                          : static_cast<T>(__builtin_sqrt(static_cast<double>(x[l])));
  return x;
}

template <class T>
ENTROSPECT_INLINE bool any(Bits<T> mask) {
  long long found = 0;
  const auto words = reinterpret_cast<typename Types<double>::Bits>(mask);
  for (int l = 0; l < kLanes<double>; ++l) found |= words[l];
  return found != 0;
}

template <class T>
T direct_squared_distance(const T* a, const T* b, size_t depth) {
  T partial[4] = {};
  size_t k = 0;
  for (; k + 4 <= depth; k += 4)
    for (size_t l = 0; l < 4; ++l) {
      const T difference = a[(k + l) * kPanel<T>] - b[(k + l) * kPanel<T>];
      partial[l] += difference * difference;
    }
  for (; k < depth; ++k) {
    const T difference = a[k * kPanel<T>] - b[k * kPanel<T>];
    partial[0] += difference * difference;
  }
  return (partial[0] + partial[1]) + (partial[2] + partial[3]);
}

// Squared distance -> value, and whether the rounding of |a|^2 + |b|^2 - 2 a.b would show in it. That rounding is about eps (|a|^2 +
// |b|^2); the tests compare its effect on the value with eps (for distances: with 2^10 eps of the value).
struct Gaussian {
  template <class T>
  static ENTROSPECT_INLINE Vector<T> value(Vector<T> squared, T scale) {
    return exponential<T>(-squared * fill<T>(scale));
  }
  template <class T>
  static ENTROSPECT_INLINE Bits<T> doubtful(Vector<T> value, Vector<T>, Vector<T> norms, T scale) {
    return value * norms * fill<T>(scale) > fill<T>(1);
  }
};
struct LaplacianL2 {
  template <class T>
  static ENTROSPECT_INLINE Vector<T> value(Vector<T> squared, T scale) {
    return exponential<T>(-square_root<T>(squared) * fill<T>(scale));
  }
  template <class T>
  static ENTROSPECT_INLINE Bits<T> doubtful(Vector<T> value, Vector<T> squared, Vector<T> norms, T scale) {
    const Vector<T> effect = value * norms * fill<T>(scale / 2);
    return effect * effect > squared;
  }
};
struct DistanceL2 {
  template <class T>
  static ENTROSPECT_INLINE Vector<T> value(Vector<T> squared, T) {
    return square_root<T>(squared);
  }
  template <class T>
  static ENTROSPECT_INLINE Bits<T> doubtful(Vector<T>, Vector<T> squared, Vector<T> norms, T) {
    return squared * fill<T>(1024) < norms;
  }
};

template <class T, class Function>
void finish_distances(const TileRequest<T>& q) {
  for (size_t j = 0; j < q.b_lanes; ++j) {
    T* const row = q.out + j * q.a_lanes;
    const T norm = q.b_values[j];
    for (size_t i = 0; i < q.a_lanes; i += kLanes<T>) {
      const Vector<T> norms = load<T>(q.a_values + i) + fill<T>(norm);
      Vector<T> squared = norms - fill<T>(2) * load<T>(row + i);
      squared = select<T>(squared < 0, Vector<T>{}, squared);
      Vector<T> value = Function::template value<T>(squared, q.scale);
      const Bits<T> doubtful = Function::template doubtful<T>(value, squared, norms, q.scale);
      if (__builtin_expect(any<T>(doubtful), 0)) {
        for (int l = 0; l < kLanes<T>; ++l)
          if (doubtful[l] != 0)
            squared[l] = direct_squared_distance(lane_of(q.a, q.depth, i + static_cast<size_t>(l)), lane_of(q.b, q.depth, j), q.depth);
        value = Function::template value<T>(squared, q.scale);
      }
      store<T>(row + i, value);
    }
  }
}

template <class T, class Map>
ENTROSPECT_INLINE void map_tile(const TileRequest<T>& q, Map map) {
  for (size_t j = 0; j < q.b_lanes; ++j) {
    T* const row = q.out + j * q.a_lanes;
    for (size_t i = 0; i < q.a_lanes; i += kLanes<T>) store<T>(row + i, map(load<T>(row + i), i, j));
  }
}

template <class T>
void finish_scaled(const TileRequest<T>& q) {
  map_tile<T>(q, [&](Vector<T> t, size_t i, size_t j) { return t * (load<T>(q.a_values + i) * fill<T>(q.b_values[j])); });
}

template <class T>
void finish_polynomial(const TileRequest<T>& q) {
  map_tile<T>(q, [&](Vector<T> t, size_t, size_t) {
    Vector<T> base = t + fill<T>(q.offset), result = fill<T>(1);
    for (unsigned exponent = q.degree; exponent > 0; exponent >>= 1U) {
      if ((exponent & 1U) != 0) result *= base;
      if (exponent > 1) base *= base;
    }
    return result;
  });
}

template <class T>
void finish_exponential(const TileRequest<T>& q, T scale) {
  map_tile<T>(q, [&](Vector<T> t, size_t, size_t) { return exponential<T>(t * fill<T>(scale)); });
}

template <class T, class Step>
void fill_tile(const TileRequest<T>& q) {
  // Depth is cut so that a panel of b stays in the first-level cache; partial sums wait in the tile.
  constexpr size_t kDepth = 512;
  for (size_t at = 0; at < q.depth || at == 0; at += kDepth) {
    const size_t depth = q.depth - at < kDepth ? q.depth - at : kDepth;
    for (size_t j = 0; j < q.b_lanes; j += kGroup) {
      const T* const b = lane_of(q.b, q.depth, j) + at * kPanel<T>;
      for (size_t i = 0; i < q.a_lanes; i += kPanel<T>) {
        Vector<T> acc[kGroup][kVectors];
        register_tile<T, Step, kVectors>(depth, q.a + i * q.depth + at * kPanel<T>, b, acc);
        for (int g = 0; g < kGroup; ++g)
          for (int v = 0; v < kVectors; ++v) {
            T* const to = q.out + (j + static_cast<size_t>(g)) * q.a_lanes + i + static_cast<size_t>(v) * kLanes<T>;
            store<T>(to, at == 0 ? acc[g][v] : load<T>(to) + acc[g][v]);
          }
      }
    }
  }
}

template <class T>
void tile(const TileRequest<T>& q) {
  if (q.function == TileFunction::laplacian_l1 || q.function == TileFunction::distance_l1)
    fill_tile<T, AddDistance>(q);
  else
    fill_tile<T, MultiplyAdd>(q);
  switch (q.function) {
    case TileFunction::product:
    case TileFunction::distance_l1:
      break;
    case TileFunction::scaled_product:
      finish_scaled(q);
      break;
    case TileFunction::gaussian:
      finish_distances<T, Gaussian>(q);
      break;
    case TileFunction::laplacian_l1:
      finish_exponential(q, -q.scale);
      break;
    case TileFunction::laplacian_l2:
      finish_distances<T, LaplacianL2>(q);
      break;
    case TileFunction::polynomial:
      finish_polynomial(q);
      break;
    case TileFunction::exponential:
      finish_exponential(q, q.scale);
      break;
    case TileFunction::distance_l2:
      finish_distances<T, DistanceL2>(q);
      break;
  }
}

// ---- copies ----------------------------------------------------------------------------------------------------------------------------

// Swaps the off-diagonal quarters of every 2 kHalf x 2 kHalf block on the diagonal of rows i, i + kHalf (Eklundh 1972).
template <class T, int kHalf, int... lane>
ENTROSPECT_INLINE void swap_quarters(Vector<T> (&rows)[kLanes<T>], std::integer_sequence<int, lane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes<T>; ++i) {
    if ((i & kHalf) != 0) continue;
    const Vector<T> a = rows[i], b = rows[i + kHalf];
    rows[i] = shuffle<T, ((lane & kHalf) == 0 ? lane : kLanes<T> + (lane ^ kHalf))...>(a, b);
    rows[i + kHalf] = shuffle<T, ((lane & kHalf) == 0 ? (lane ^ kHalf) : kLanes<T> + lane)...>(a, b);
  }
}

template <class T, int kHalf>
ENTROSPECT_INLINE void transpose_block(Vector<T> (&rows)[kLanes<T>]) {
  if constexpr (kHalf > 0) {
    swap_quarters<T, kHalf>(rows, std::make_integer_sequence<int, kLanes<T>>{});
    transpose_block<T, kHalf / 2>(rows);
  }
}

template <class T>
ENTROSPECT_INLINE void write(T* to, Vector<T> v, bool past_cache) {
  if (past_cache && reinterpret_cast<size_t>(to) % kBytes == 0)
    stream<T>(to, v);
  else
    store_any<T>(to, v);
}

template <class T>
void copy(const T* in, size_t ld_in, size_t rows, size_t columns, T* out, size_t ld_out, bool past_cache) {
  constexpr size_t kL = kLanes<T>;
  for (size_t i = 0; i < rows; ++i) {
    size_t j = 0;
    for (; j + kL <= columns; j += kL) write<T>(out + i * ld_out + j, load_any<T>(in + i * ld_in + j), past_cache);
    for (; j < columns; ++j) out[i * ld_out + j] = in[i * ld_in + j];
  }
  if (past_cache) fence();
}

template <class T>
void transpose(const T* in, size_t ld_in, size_t rows, size_t columns, T* out, size_t ld_out, bool past_cache) {
  constexpr size_t kL = kLanes<T>;
  const size_t whole_rows = rows / kL * kL, whole_columns = columns / kL * kL;
  for (size_t j = 0; j < whole_columns; j += kL)
    for (size_t i = 0; i < whole_rows; i += kL) {
      Vector<T> block[kL];
#pragma GCC unroll 16
      for (size_t r = 0; r < kL; ++r) block[r] = load_any<T>(in + (i + r) * ld_in + j);
      transpose_block<T, kLanes<T> / 2>(block);
#pragma GCC unroll 16
      for (size_t r = 0; r < kL; ++r) write<T>(out + (j + r) * ld_out + i, block[r], past_cache);
    }
  for (size_t j = 0; j < columns; ++j)
    for (size_t i = j < whole_columns ? whole_rows : 0; i < rows; ++i) out[j * ld_out + i] = in[i * ld_in + j];
  if (past_cache) fence();
}

}  // namespace

extern const TileKernels<float> kernels_f32;
extern const TileKernels<double> kernels_f64;
const TileKernels<float> kernels_f32{kPanel<float>,     kGroup,      pack<float, float>, pack<double, float>, sums<float>, sums<double>,
                                     accumulate<float>, tile<float>, copy<float>,        transpose<float>};
const TileKernels<double> kernels_f64{kPanel<double>, kGroup,           pack<float, double>, pack<double, double>,
                                      sums<float>,    sums<double>,     accumulate<double>,  tile<double>,
                                      copy<double>,   transpose<double>};

}  // namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL
