using System.Text;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>What a server was asked.</summary>
internal sealed record ReceivedRequest(string Method, string Path, string? ContentType, string IfMatch, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
