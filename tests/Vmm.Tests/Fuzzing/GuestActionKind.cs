namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>What a guest (or, for one of them, the host) does next.</summary>
internal enum GuestActionKind
{
    /// <summary>A descriptor of a queue is written, whoever works on it at the moment.</summary>
    SetDescriptor,

    /// <summary>As above in an indirect table among the buffers.</summary>
    SetIndirect,

    /// <summary>A well-formed request is laid and made available, without a doorbell.</summary>
    Request,

    /// <summary>A head is made available.</summary>
    MakeAvailable,

    /// <summary>A queue's index is set to anything.</summary>
    SetAvailableIndex,

    /// <summary>used_event or the flags of a queue are set.</summary>
    SetEvent,

    /// <summary>Eight bytes among the buffers are overwritten: headers, lists and tables change after they were made.</summary>
    Poke,

    /// <summary>A doorbell.</summary>
    Notify,

    /// <summary>The loop gets its turn.</summary>
    Turn,

    /// <summary>A register is written.</summary>
    WriteRegister,

    /// <summary>Any offset of the window is accessed with any size.</summary>
    Access,

    /// <summary>The driver resets the device and starts it as it should.</summary>
    Restart,

    /// <summary>Something happens on the host's side.</summary>
    HostEvent,
}
