namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>What a session is for.</summary>
public enum SessionKind
{
    /// <summary>A program in the guest.</summary>
    Exec = 0,

    /// <summary>One connection to a TCP port of the guest's loopback.</summary>
    Forward = 1,

    /// <summary>Log lines that the device keeps.</summary>
    Logs = 2,
}
