namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>
/// What the agent does that outlives it. It may be killed before and after each; tests do that at every one of them. The writes of the
/// store have the names of its methods.
/// </summary>
internal enum FaultPoint
{
    /// <summary>The desired state is kept.</summary>
    SaveDesired,

    /// <summary>A VM's record is kept.</summary>
    SaveVm,

    /// <summary>A VM's record is removed.</summary>
    RemoveVm,

    /// <summary>A VM's place in the network is kept.</summary>
    SaveLink,

    /// <summary>A VM's place in the network is freed.</summary>
    RemoveLink,

    /// <summary>What the device made once is kept.</summary>
    SaveSetting,

    /// <summary>Telemetry goes into the spool.</summary>
    AppendBatch,

    /// <summary>Acknowledged telemetry leaves the spool.</summary>
    RemoveBatch,

    /// <summary>A piece of an image is written.</summary>
    ImagePiece,

    /// <summary>An image gets its name.</summary>
    ImageName,

    /// <summary>An image that nothing needs is deleted.</summary>
    ImageRemoval,

    /// <summary>Room for a volume is taken.</summary>
    VolumeRoom,

    /// <summary>A volume gets its name.</summary>
    VolumeName,

    /// <summary>A volume is deleted.</summary>
    VolumeRemoval,

    /// <summary>A program of the host runs: rules, a file system.</summary>
    HostProgram,

    /// <summary>The bridge is made.</summary>
    Bridge,

    /// <summary>A tap is made.</summary>
    Tap,

    /// <summary>A link is removed.</summary>
    LinkRemoval,

    /// <summary>The rules of the network are put into force.</summary>
    Rules,

    /// <summary>The rules of the network are removed.</summary>
    RulesRemoval,

    /// <summary>The host begins to forward.</summary>
    Forwarding,

    /// <summary>What an earlier run left of a VM is cleared.</summary>
    RunFiles,

    /// <summary>The agent listens for a guest.</summary>
    GuestSocket,

    /// <summary>A VMM's configuration is written.</summary>
    VmmConfig,

    /// <summary>A VM's cgroup is made.</summary>
    Cgroup,

    /// <summary>A VM's cgroup is removed.</summary>
    CgroupRemoval,

    /// <summary>A VMM is started.</summary>
    VmmStart,

    /// <summary>A process gets a signal.</summary>
    Signal,

    /// <summary>The files of a VM's runs are removed.</summary>
    RunRemoval,
}
