using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Diagnostics;

internal static partial class Log
{
    [LoggerMessage(1400, LogLevel.Information, "image {Digest} is complete: {Bytes} bytes, {Resumed} of them from before")]
    internal static partial void ImageFetched(ILogger logger, string digest, long bytes, long resumed);

    [LoggerMessage(1401, LogLevel.Warning, "image {Digest} was not fetched: {Reason}: {Explanation}")]
    internal static partial void ImageNotFetched(ILogger logger, string digest, string reason, string explanation);

    [LoggerMessage(1402, LogLevel.Information, "removed {File}: no VM needs it")]
    internal static partial void ImageRemoved(ILogger logger, string file);
}
