namespace MicroVm.Benchmarks.Nested;

/// <summary>A nested host said nothing for too long, in real time.</summary>
internal sealed class NestedHangException(string message) : Exception(message);
