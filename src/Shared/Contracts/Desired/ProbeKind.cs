namespace MicroVm.Shared.Contracts.Desired;

/// <summary>How a probe looks.</summary>
public enum ProbeKind
{
    /// <summary>Runs a program in the guest; exit code 0 is success.</summary>
    Exec = 0,

    /// <summary>HTTP GET to a port of the guest's loopback; a status from 200 to 399 is success.</summary>
    Http = 1,

    /// <summary>Connects to a TCP port of the guest's loopback.</summary>
    Tcp = 2,
}
