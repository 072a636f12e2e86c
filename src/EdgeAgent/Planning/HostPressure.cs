namespace MicroVm.EdgeAgent.Planning;

/// <summary>How short of memory the device itself is, whatever was granted.</summary>
internal enum HostPressure
{
    /// <summary>Not.</summary>
    None,

    /// <summary>Programs wait for memory: what is spare goes back, and nobody gets more.</summary>
    Some,

    /// <summary>Hardly anything moves: every VM that can gives at once.</summary>
    High,
}
