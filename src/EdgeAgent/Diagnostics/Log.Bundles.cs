using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1920, LogLevel.Warning, "took generation {Generation} over {Before} and {Images} images of {Bytes} bytes from a bundle that uid {Uid} brought")]
    internal static partial void BundleApplied(ILogger logger, ulong generation, ulong before, int images, long bytes, uint uid);

    [LoggerMessage(1921, LogLevel.Warning, "refused a bundle that uid {Uid} brought: {Reason}")]
    internal static partial void BundleRefused(ILogger logger, uint uid, string reason);
}
