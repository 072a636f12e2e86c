using MicroVm.ControlPlane.Abstractions.Identity;
using Microsoft.Extensions.Logging;

namespace MicroVm.ControlPlane.Grains.Identity;

/// <summary>Log lines of identities, ids 1200 to 1299.</summary>
internal static partial class EnrolmentLog
{
    [LoggerMessage(1200, LogLevel.Information, "device {Device}: identity {Before} to {After}, admitted by {Admission}")]
    internal static partial void Changed(ILogger logger, string device, IdentityState? before, IdentityState after, string admission);

    [LoggerMessage(1201, LogLevel.Information, "device {Device}: certificate {SerialNumber} until {NotAfter}")]
    internal static partial void Issued(ILogger logger, string device, string serialNumber, DateTimeOffset notAfter);

    [LoggerMessage(1202, LogLevel.Warning, "device {Device}: {Request} refused: {Reason}")]
    internal static partial void Refused(ILogger logger, string device, string request, string reason);
}
