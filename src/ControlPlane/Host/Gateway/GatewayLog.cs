using System.Net;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Log lines of the gateway, ids 2000 to 2099.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(2000, LogLevel.Warning, "gateway: connection from {Remote} refused: {Cap} connections are open")]
    internal static partial void OverCap(ILogger logger, EndPoint? remote, int cap);

    [LoggerMessage(2001, LogLevel.Warning, "gateway: connection from {Remote} ended: packet {Fault}")]
    internal static partial void BadPacket(ILogger logger, EndPoint? remote, PacketFault fault);

    [LoggerMessage(2002, LogLevel.Warning, "gateway: CONNECT from {Remote} refused: {Reason}")]
    internal static partial void ConnectRefused(ILogger logger, EndPoint? remote, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "gateway: device {Device}: publish refused: {Reason}")]
    internal static partial void PublishRefused(ILogger logger, string device, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "gateway: device {Device}: subscription refused: expected '{Expected}', found another filter")]
    internal static partial void SubscriptionRefused(ILogger logger, string device, string expected);

    [LoggerMessage(2005, LogLevel.Error, "gateway: device {Device}: {Kind} not kept")]
    internal static partial void UplinkFailed(ILogger logger, string device, UplinkKind kind, Exception fault);

    [LoggerMessage(2006, LogLevel.Warning, "gateway: device {Device}: {Kind} dropped and connection ended: it does not read")]
    internal static partial void DownlinkDropped(ILogger logger, string device, DownlinkKind kind);

    [LoggerMessage(2007, LogLevel.Information, "gateway: device {Device}: taken over by a newer connection")]
    internal static partial void TakenOver(ILogger logger, string device);

    [LoggerMessage(2008, LogLevel.Error, "gateway: device {Device}: its disconnect could not be noted")]
    internal static partial void DisconnectFailed(ILogger logger, string device, Exception fault);

    [LoggerMessage(2009, LogLevel.Warning, "gateway: handshake refused: {Reason}")]
    internal static partial void CertificateRefused(ILogger logger, string reason);

    [LoggerMessage(2010, LogLevel.Warning, "gateway: device {Device}: {Kind} not done: {Reason}")]
    internal static partial void CommandRefused(ILogger logger, string device, string kind, string reason);
}
