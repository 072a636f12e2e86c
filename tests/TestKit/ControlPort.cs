using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroVm.TestKit;

/// <summary>The device's control port (<c>deploy/virtual-device/control.sh</c>): runs one command after the other.</summary>
internal sealed class ControlPort : IAsyncDisposable
{
    // The device's terminal takes lines of at most 4096 bytes.
    private const int LongestCommandBytes = 2900;
    private static readonly TimeSpan s_stuckLimit = TimeSpan.FromSeconds(150);

    private readonly NetworkStream _stream;
    private readonly LineLog _lines = new("control port");
    private readonly SemaphoreSlim _one = new(1);
    private readonly Task _reading;
    private int _token;

    private ControlPort(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reading = _lines.ReadAsync(_stream);
    }

    /// <summary>Connects and waits until the device answers.</summary>
    internal static async Task<ControlPort> ConnectAsync(string path, TimeSpan limit)
    {
        ControlPort port = new(await UnixStream.ConnectAsync(path).ConfigureAwait(false));
        // Either the device is there and answers this, or it comes up later and says so by itself.
        await port._stream.WriteAsync("\n"u8.ToArray()).ConfigureAwait(false);
        await port._lines.WaitForAsync("READY", limit).ConfigureAwait(false);
        return port;
    }

    internal async Task<CommandResult> RunAsync(string command, TimeSpan limit)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(command);
        if (utf8.Length > LongestCommandBytes)
        {
            throw new ArgumentException($"expected a command of at most {LongestCommandBytes} bytes, found {utf8.Length}", nameof(command));
        }

        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            string token = $"t{++_token}";
            string request = string.Create(
                CultureInfo.InvariantCulture, $"RUN {token} {Math.Ceiling(limit.TotalSeconds)} {Convert.ToBase64String(utf8)}\n");
            int from = _lines.Count;
            await _stream.WriteAsync(Encoding.ASCII.GetBytes(request)).ConfigureAwait(false);
            // The device enforces the limit; this end only covers a device that is stuck as a whole. Under emulation it may be for a
            // minute or two, in a guest that takes no interrupt, and then goes on.
            string prefix = $"DONE {token} ";
            string line = await _lines.WaitForAsync(
                $"'{command}' on the device",
                text => text.StartsWith(prefix, StringComparison.Ordinal),
                limit + s_stuckLimit,
                from).ConfigureAwait(false);
            return Parse(line[prefix.Length..].TrimEnd('\r'));
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _one.Dispose();
    }

    private static CommandResult Parse(string answer)
    {
        string[] parts = answer.Split(' ', 2);
        string output = parts.Length > 1 ? Encoding.UTF8.GetString(Convert.FromBase64String(parts[1].Trim())) : "";
        return new CommandResult(int.Parse(parts[0], CultureInfo.InvariantCulture), output);
    }
}
