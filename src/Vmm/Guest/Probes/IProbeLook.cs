namespace MicroVm.Vmm.Guest.Probes;

/// <summary>One look of a probe, on its way. It says what it found to whoever started it, once.</summary>
internal interface IProbeLook
{
    /// <summary>It has found something, or nothing of it is left: another may begin.</summary>
    bool IsOver { get; }

    /// <summary>Its time is up, or nobody wants to know any more: it ends, without a finding if it has none yet.</summary>
    void Cancel();

    /// <summary>A child of this process ended; true when it was this look's.</summary>
    bool TakeEnd(int pid, int exitCode);
}
