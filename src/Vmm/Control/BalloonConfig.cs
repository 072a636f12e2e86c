namespace MicroVm.Vmm.Control;

/// <summary>
/// The balloon: MiB the guest is to give up, whether it may take them back when it runs out of memory, seconds between its statistics
/// (0: none), whether it reports free pages by itself, and whether it names them when asked.
/// </summary>
internal sealed record BalloonConfig(
    int AmountMib, bool DeflateOnOom, int StatsPollingIntervalSeconds = 0, bool FreePageReporting = false, bool FreePageHinting = false)
{
    internal const int MaxIntervalSeconds = ushort.MaxValue;

    /// <summary>Makes sure that the machine has the memory the balloon takes.</summary>
    /// <exception cref="VmConfigException">It has less.</exception>
    internal void CheckAgainst(MachineConfig machine)
    {
        if (AmountMib > machine.MemSizeMib)
        {
            throw new VmConfigException("balloon.amount_mib", $"at most mem_size_mib, {machine.MemSizeMib}", $"{AmountMib}");
        }
    }
}
