// Whether the tests were built with AddressSanitizer or ThreadSanitizer.
#pragma once

namespace dlcore::test {

// Both take memory of their own, released blocks go back to the system at once, and a request that cannot be
// met stops the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace dlcore::test
