namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>How the process ends.</summary>
public enum ExitCode
{
    /// <summary>It was asked to stop and did.</summary>
    Success = 0,

    /// <summary>A fault that the other codes do not name.</summary>
    Failure = 1,

    /// <summary>The command line or the configuration is wrong.</summary>
    Usage = 2,

    /// <summary>The data directory or the database in it cannot be used.</summary>
    DataDirectory = 4,

    /// <summary>A listener's address cannot be bound.</summary>
    AddressInUse = 5,
}
