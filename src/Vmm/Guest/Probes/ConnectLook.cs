using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Guest.Probes;

/// <summary>
/// Looks at a TCP port of the guest's loopback, over IPv4 or else IPv6: that it takes a connection, or what HTTP status it answers
/// a GET with. Of the answer nothing but the status matters; the rest is read up to a bound, so that servers see no broken connection.
/// </summary>
internal sealed unsafe class ConnectLook : IProbeLook
{
    private const int NoSignal = 0x4000;
    private const int MostAnswerBytes = 16 << 10;
    private const int StatusLineBytes = 12;

    private readonly EventLoop _loop;
    private readonly int _port;
    private readonly byte[]? _request;
    private readonly Action<ProbeFinding> _onFound;
    private readonly byte[] _status = new byte[StatusLineBytes];
    private int _fd = -1;
    private bool _triedIpV6;
    private bool _connected;
    private bool _found;
    private int _sent;
    private int _received;

    /// <summary>Begins to look.</summary>
    /// <param name="loop">Where to wait.</param>
    /// <param name="port">The port.</param>
    /// <param name="path">What to GET; null when a connection is enough.</param>
    /// <param name="onFound">Takes what was found.</param>
    internal ConnectLook(EventLoop loop, int port, string? path, Action<ProbeFinding> onFound)
    {
        _loop = loop;
        _port = port;
        _onFound = onFound;
        _request = path is null ? null : Encoding.UTF8.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: microvm-init\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    }

    public bool IsOver => _found || _fd < 0;

    /// <summary>Connects; what fails at once is found at once.</summary>
    internal void Begin() => Connect(overIpV6: false);

    public void Cancel()
    {
        if (_fd >= 0)
        {
            _loop.Close(_fd);
            _fd = -1;
        }
    }

    public bool TakeEnd(int pid, int exitCode) => false;

    private void Connect(bool overIpV6)
    {
        _triedIpV6 = overIpV6;
        int fd = LoopbackAddress.Connect(overIpV6, _port);
        if (fd < 0)
        {
            TryNext(-fd);
            return;
        }

        _fd = fd;
        _loop.Watch(fd, EventLoop.Out, _ => OnReady());
    }

    private void TryNext(int errno)
    {
        Cancel();
        if (_triedIpV6)
        {
            Found(false, $"port {_port}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
        else
        {
            Connect(overIpV6: true);
        }
    }

    private void OnReady()
    {
        if (!_connected)
        {
            int error = LoopbackAddress.Outcome(_fd);
            if (error != 0)
            {
                TryNext(error);
                return;
            }

            _connected = true;
        }

        if (_request is null)
        {
            Found(true, $"port {_port} takes connections");
        }
        else if (_sent < _request.Length)
        {
            Send(_request);
        }
        else
        {
            Receive();
        }
    }

    private void Send(byte[] request)
    {
        nint count;
        // SAFETY: the kernel reads at most the rest of the pinned array.
        fixed (byte* start = request)
        {
            count = Libc.send(_fd, start + _sent, (nuint)(request.Length - _sent), NoSignal);
        }

        if (count < 0)
        {
            FailUnlessPatient();
            return;
        }

        _sent += (int)count;
        if (_sent == request.Length)
        {
            _loop.Change(_fd, EventLoop.In);
        }
    }

    private void Receive()
    {
        Span<byte> chunk = stackalloc byte[4096];
        nint count;
        // SAFETY: the kernel writes at most chunk.Length bytes.
        fixed (byte* start = chunk)
        {
            count = Libc.recv(_fd, start, (nuint)chunk.Length, 0);
        }

        if (count < 0)
        {
            FailUnlessPatient();
            return;
        }

        if (_received < StatusLineBytes)
        {
            chunk[..Math.Min((int)count, StatusLineBytes - _received)].CopyTo(_status.AsSpan(_received));
        }

        _received += (int)count;
        if (!_found && (count == 0 || _received >= StatusLineBytes))
        {
            FoundStatus();
        }

        if (_found && (count == 0 || _received >= MostAnswerBytes))
        {
            Cancel();
        }
    }

    private void FoundStatus()
    {
        int status = StatusOf(_status.AsSpan(0, Math.Min(_received, StatusLineBytes)));
        if (status < 0)
        {
            Found(false, $"port {_port}: expected an answer of HTTP/1, found another or none");
            return;
        }

        const int LeastGood = 200, LeastBad = 400;
        _found = true;
        _onFound(new ProbeFinding(status is >= LeastGood and < LeastBad, $"port {_port}: HTTP status {status}"));
    }

    /// <summary>The status of a line such as <c>HTTP/1.1 200</c>; -1 when it is none.</summary>
    internal static int StatusOf(ReadOnlySpan<byte> line)
    {
        const int StatusAt = 9, DigitsOfStatus = 3;
        return line.Length == StatusLineBytes && line.StartsWith("HTTP/1."u8) && line[StatusAt - 1] == ' '
            && int.TryParse(line.Slice(StatusAt, DigitsOfStatus), out int status) ? status : -1;
    }

    private void FailUnlessPatient()
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno is not (Errno.TryAgain or Errno.Interrupted))
        {
            Found(false, $"port {_port}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
    }

    private void Found(bool isSuccess, string text)
    {
        Cancel();
        if (_found)
        {
            return;
        }

        _found = true;
        _onFound(new ProbeFinding(isSuccess, text));
    }
}
