using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1200, LogLevel.Information, "accepted generation {Generation} ({Digest}) with {VmCount} VMs")]
    internal static partial void AcceptedDesired(ILogger logger, ulong generation, string digest, int vmCount);

    [LoggerMessage(1201, LogLevel.Warning, "refused generation {Offered}: generation {Held} is held")]
    internal static partial void RefusedGeneration(ILogger logger, ulong offered, ulong held);

    [LoggerMessage(1202, LogLevel.Warning, "refused generation {Generation} with digest {Offered}: it is held with digest {Held}")]
    internal static partial void RefusedOtherDigest(ILogger logger, ulong generation, string offered, string held);

    [LoggerMessage(1203, LogLevel.Error, "generation {Generation} could not be kept and is not acted on: {Reason}")]
    internal static partial void DesiredNotKept(ILogger logger, ulong generation, string reason);

    [LoggerMessage(1204, LogLevel.Error, "the kept generation {Generation} cannot be read: {Reason}; VMs go on as they were started until a newer one comes")]
    internal static partial void KeptDesiredUnreadable(ILogger logger, ulong generation, string reason);
}
