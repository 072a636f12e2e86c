using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(2300, LogLevel.Information, "enrolled; the certificate ends at {NotAfter:O}, trust bundle {TrustVersion}")]
    internal static partial void Enrolled(ILogger logger, DateTime notAfter, ulong trustVersion);

    [LoggerMessage(2301, LogLevel.Information, "renewed; the certificate ends at {NotAfter:O}")]
    internal static partial void Renewed(ILogger logger, DateTime notAfter);

    [LoggerMessage(2302, LogLevel.Warning, "enrolment waits for an operator's approval; asking again in {Seconds:0} s")]
    internal static partial void WaitsForApproval(ILogger logger, double seconds);

    [LoggerMessage(2303, LogLevel.Error, "{What} failed: {Reason}; next attempt in {Seconds:0.0} s")]
    internal static partial void IdentityRefused(ILogger logger, string what, string reason, double seconds);

    [LoggerMessage(2304, LogLevel.Information, "trust bundle {Version} is held")]
    internal static partial void TrustReplaced(ILogger logger, ulong version);

    [LoggerMessage(2305, LogLevel.Warning, "decommissioned: VMs, state and keys are deleted now")]
    internal static partial void Decommissioned(ILogger logger);

    [LoggerMessage(2306, LogLevel.Warning, "refused a desired state: {Reason}")]
    internal static partial void RefusedSignature(ILogger logger, string reason);

    [LoggerMessage(2307, LogLevel.Error, "{Count} VMs were still there after {Seconds:0} s and are killed")]
    internal static partial void WipedWithVms(ILogger logger, int count, double seconds);
}
