namespace MicroVm.Vmm.Guest.Probes;

/// <summary>Equal findings in a row.</summary>
/// <param name="IsSuccess">What they are.</param>
/// <param name="Count">How many; 0 before the first look.</param>
internal readonly record struct ProbeRun(bool IsSuccess, int Count)
{
    /// <summary>The run with one finding more.</summary>
    internal ProbeRun With(bool isSuccess) => new(isSuccess, Count > 0 && IsSuccess == isSuccess ? Count + 1 : 1);
}
