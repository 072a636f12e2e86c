namespace MicroVm.Vmm.Control.Http;

/// <summary>One request; its parts point into the connection's buffer and live until the next read.</summary>
internal readonly ref struct HttpRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, ReadOnlySpan<byte> body)
{
    /// <summary>Method token.</summary>
    internal ReadOnlySpan<byte> Method { get; } = method;

    /// <summary>Request target as it came.</summary>
    internal ReadOnlySpan<byte> Target { get; } = target;

    /// <summary>Exactly Content-Length bytes.</summary>
    internal ReadOnlySpan<byte> Body { get; } = body;
}
