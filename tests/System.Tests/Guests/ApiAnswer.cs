using System.Globalization;

namespace MicroVm.SystemTests.Guests;

/// <summary>An answer of the VMM's API.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">Body, empty with 204.</param>
public sealed record ApiAnswer(int Status, string Body)
{
    /// <summary>Takes a whole HTTP/1.1 answer apart.</summary>
    internal static ApiAnswer Parse(string text)
    {
        string[] parts = text.Split("\r\n\r\n", 2);
        string[] head = parts[0].Split(' ', 3);
        Assert.True(head.Length >= 2 && head[0] == "HTTP/1.1", $"expected an HTTP answer, found '{text}'");
        return new ApiAnswer(int.Parse(head[1].Trim(), CultureInfo.InvariantCulture), parts.Length > 1 ? parts[1].Trim() : "");
    }
}
