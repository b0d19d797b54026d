#include "arete/core/error.hpp"
#include "arete/moments/gram_int8.hpp"

namespace arete {

bool has_int8_products() noexcept { return false; }

Int8Panels::Int8Panels(std::size_t /*features*/) {}

std::size_t Int8Panels::size(std::size_t /*features*/) noexcept { return 0; }

std::size_t Int8Gram::size(std::size_t /*features*/, std::size_t /*classes*/) noexcept { return 0; }

Int8Gram::Int8Gram(std::size_t features, std::size_t classes, bool is_signed, std::size_t /*teams*/)
    : features_(features), classes_(classes), is_signed_(is_signed), panels_(0) {
  fail(ErrorKind::unavailable, "int8 products need an x86-64 CPU with AVX-512 VNNI");
}

std::size_t Int8Gram::free_rows() const noexcept { return most_rows; }

void Int8Gram::add(std::span<const std::byte* const> /*rows*/,
                   std::span<const std::int32_t> /*labels*/, std::span<Int8Panels> /*panels*/,
                   int /*threads*/) {}

void Int8Gram::flush(Matrix<double>& /*gram*/, Matrix<double>& /*class_sums*/, int /*threads*/) {}

}  // namespace arete
