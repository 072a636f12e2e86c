namespace MicroVm.Vmm.Guest.Probes;

/// <summary>What one look found.</summary>
/// <param name="IsSuccess">The workload answered as it should.</param>
/// <param name="Text">One line about what was found.</param>
internal readonly record struct ProbeFinding(bool IsSuccess, string Text);
