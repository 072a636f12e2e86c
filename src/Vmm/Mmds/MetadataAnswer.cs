using System.Text;

namespace MicroVm.Vmm.Mmds;

/// <summary>An answer to the guest: its head, and a body that may be a part of the document.</summary>
/// <param name="Head">Status line and headers.</param>
/// <param name="Body">What follows.</param>
/// <param name="OwnBytes">Bytes that are held only for this answer.</param>
/// <param name="Closes">The connection ends with it.</param>
internal readonly record struct MetadataAnswer(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body, int OwnBytes, bool Closes)
{
    /// <summary>Bytes of head and body.</summary>
    internal int Bytes => Head.Length + Body.Length;

    /// <summary>Makes an answer.</summary>
    /// <param name="request">What is answered; default for what was none.</param>
    /// <param name="status">Status code.</param>
    /// <param name="body">The body.</param>
    /// <param name="isJson">What the body is said to be.</param>
    /// <param name="isCopy">The body belongs to this answer alone.</param>
    /// <param name="header">One more header with its line end; empty without.</param>
    internal static MetadataAnswer Make(
        in MetadataRequest request, int status, ReadOnlyMemory<byte> body, bool isJson = false, bool isCopy = true, string header = "")
    {
        string text = $"HTTP/1.{(request.IsVersion10 ? 0 : 1)} {status} {Reason(status)}\r\nServer: MicroVm API\r\n"
            + $"Connection: {(request.Closes ? "close" : "keep-alive")}\r\n{header}"
            + $"Content-Type: {(isJson ? "application/json" : "text/plain")}\r\nContent-Length: {body.Length}\r\n\r\n";
        byte[] head = Encoding.ASCII.GetBytes(text);
        return new MetadataAnswer(head, body, head.Length + (isCopy ? body.Length : 0), request.Closes);
    }

    /// <summary>Makes an answer of plain text.</summary>
    internal static MetadataAnswer Text(in MetadataRequest request, int status, string text, string header = "") =>
        Make(request, status, Encoding.UTF8.GetBytes(text), header: header);

    /// <summary>Copies bytes from <paramref name="offset"/> on, as many as there is room for.</summary>
    internal void CopyTo(int offset, Span<byte> destination)
    {
        int fromHead = Math.Clamp(Head.Length - offset, 0, destination.Length);
        Head.Span.Slice(Math.Min(offset, Head.Length), fromHead).CopyTo(destination);
        Body.Span.Slice(Math.Max(offset - Head.Length, 0), destination.Length - fromHead).CopyTo(destination[fromHead..]);
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        501 => "Not Implemented",
        _ => "Service Unavailable",
    };
}
