namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// Pressure stall information of the device (kernel documentation, accounting/psi.rst): the part of the last ten seconds in
/// which tasks waited for something, in hundredths of a percent, 0 to 10,000.
/// </summary>
/// <param name="CpuSome">At least one task waited for a processor.</param>
/// <param name="MemorySome">At least one task waited for memory.</param>
/// <param name="MemoryFull">All tasks waited for memory.</param>
/// <param name="IoSome">At least one task waited for a disk.</param>
/// <param name="IoFull">All tasks waited for a disk.</param>
public readonly record struct PressureSample(int CpuSome, int MemorySome, int MemoryFull, int IoSome, int IoFull)
{
    /// <summary>All of the time.</summary>
    public const int Whole = 10_000;
}
