namespace MicroVm.Vmm.Guest.Probes;

/// <summary>What a probe is for.</summary>
internal enum ProbeRole
{
    /// <summary>Whether the workload has started up; the others wait for it.</summary>
    Startup,

    /// <summary>Whether it still works.</summary>
    Liveness,

    /// <summary>Whether it can be used.</summary>
    Readiness,
}
