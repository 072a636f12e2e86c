namespace MicroVm.Vmm.Control;

/// <summary>The serial console: where it goes, without a path to standard output, and how many bytes at most.</summary>
internal sealed record SerialConfig(string? SerialOutPath = null, TokenBucketConfig? RateLimiter = null);
