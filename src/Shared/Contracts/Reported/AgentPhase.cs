namespace MicroVm.Shared.Contracts.Reported;

/// <summary>How far a device is with the agent that it should run.</summary>
public enum AgentPhase
{
    /// <summary>It runs it, or should run no certain one.</summary>
    Current = 0,

    /// <summary>The artifact is being fetched.</summary>
    Fetching = 1,

    /// <summary>The artifact is there; it is unpacked and looked at, or somebody on the device holds changes.</summary>
    Ready = 2,

    /// <summary>It runs and has yet to show that it works.</summary>
    Trial = 3,

    /// <summary>It was tried or looked at, does not work here, and is not tried again.</summary>
    Failed = 4,

    /// <summary>The device does not begin with it, such as with an older version that nobody allowed.</summary>
    Refused = 5,
}
