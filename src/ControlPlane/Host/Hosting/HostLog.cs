namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>Log lines of the process itself, ids 1000 to 1099.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1000, LogLevel.Error, "deployment {Deployment}: could not be reconciled at start; the next change of it will")]
    internal static partial void ReconcileFailed(ILogger logger, string deployment, Exception fault);
}
