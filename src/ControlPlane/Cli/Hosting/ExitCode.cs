namespace MicroVm.ControlPlane.Cli.Hosting;

/// <summary>How the program ends. The numbers are documented for scripts and do not change.</summary>
internal enum ExitCode
{
    /// <summary>It was done.</summary>
    Success = 0,

    /// <summary>The control plane refused the request, or it failed there.</summary>
    RequestFailed = 1,

    /// <summary>The command line is wrong, or a file that it names.</summary>
    Usage = 2,

    /// <summary>The control plane cannot be reached.</summary>
    ServerUnreachable = 3,

    /// <summary>A rollout is degraded, or was not complete in time.</summary>
    RolloutNotComplete = 4,

    /// <summary>Ctrl-C before the end.</summary>
    Interrupted = 130,
}
