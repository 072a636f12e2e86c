using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control.Http;

/// <summary>
/// One client: requests are answered one after the other, and nothing more is read while an answer waits to be taken, so what is
/// held is one request and one answer. Loop thread only.
/// </summary>
internal sealed class HttpConnection : IEventSource, IDisposable
{
    private const int FirstBufferBytes = 1024;

    private readonly EpollLoop _loop;
    private readonly IHttpHandler _handler;
    private readonly Action<HttpConnection> _closed;
    private readonly int _maxBodyBytes;
    private byte[] _input = new byte[FirstBufferBytes];
    private int _inputLength;
    private byte[] _output = [];
    private int _outputSent;
    private int _fd;
    private bool _closesAfterOutput;
    private bool _continueSent;
    private bool _watchesOutput;

    /// <summary>Takes over an accepted socket.</summary>
    internal HttpConnection(int fd, EpollLoop loop, IHttpHandler handler, Action<HttpConnection> closed, int maxBodyBytes)
    {
        _fd = fd;
        _loop = loop;
        _handler = handler;
        _closed = closed;
        _maxBodyBytes = maxBodyBytes;
        LastActive = Environment.TickCount64;
        loop.Add(fd, EpollLoop.In, this, 0);
    }

    /// <summary>Milliseconds of the system's uptime when the client was last heard.</summary>
    internal long LastActive { get; private set; }

    private bool HasOutput => _outputSent < _output.Length;

    public void OnReady(uint events, uint token)
    {
        LastActive = Environment.TickCount64;
        bool open = true;
        if (HasOutput)
        {
            open = TryFlush();
        }

        if (open && !HasOutput && (events & ~EpollLoop.Out) != 0)
        {
            open = TryRead();
        }

        if (open)
        {
            open = TryAnswer();
        }

        if (open)
        {
            Watch();
        }
        else
        {
            _closed(this);
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            _loop.Remove(_fd);
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }

    private bool TryRead()
    {
        if (_inputLength == _input.Length)
        {
            // Only as fast as bytes really come, and never beyond one request.
            Array.Resize(ref _input, Math.Min(_input.Length * 2, HttpLimits.MaxHeadBytes + _maxBodyBytes));
        }

        int received = UnixSocket.Receive(_fd, _input.AsSpan(_inputLength));
        _inputLength += Math.Max(received, 0);
        return received > 0 || received is -Errno.Again or -Errno.Interrupted;
    }

    /// <summary>Answers every whole request in the buffer, as long as the client takes the answers; false when the connection is done.</summary>
    private bool TryAnswer()
    {
        while (!HasOutput && !_closesAfterOutput)
        {
            HttpParseResult result = HttpHead.TryParse(_input.AsSpan(0, _inputLength), out HttpHead head, out string fault, _maxBodyBytes);
            if (result == HttpParseResult.Bad)
            {
                _closesAfterOutput = true;
                _output = _handler.Refuse(fault).ToBytes(closes: true);
            }
            else if (result == HttpParseResult.NeedMore || !TryTakeRequest(head))
            {
                break;
            }

            if (!TryFlush())
            {
                return false;
            }
        }

        return HasOutput || !_closesAfterOutput;
    }

    private bool TryTakeRequest(scoped in HttpHead head)
    {
        int total = head.HeadBytes + head.ContentLength;
        if (_inputLength < total)
        {
            if (head.ExpectsContinue && !_continueSent)
            {
                // A client that does not take even this goes on by itself after a moment.
                _continueSent = true;
                _ = UnixSocket.Send(_fd, "HTTP/1.1 100 Continue\r\n\r\n"u8);
            }

            return false;
        }

        var request = new HttpRequest(head.Method, head.Target, _input.AsSpan(head.HeadBytes, head.ContentLength));
        _closesAfterOutput = head.Closes;
        SetOutput(_handler.Handle(request).ToBytes(head.Closes));
        _input.AsSpan(total, _inputLength - total).CopyTo(_input);
        _inputLength -= total;
        _continueSent = false;
        if (_inputLength == 0 && _input.Length > FirstBufferBytes)
        {
            _input = new byte[FirstBufferBytes];
        }

        return true;
    }

    private void SetOutput(byte[] bytes)
    {
        _output = bytes;
        _outputSent = 0;
    }

    private bool TryFlush()
    {
        while (HasOutput)
        {
            int sent = UnixSocket.Send(_fd, _output.AsSpan(_outputSent));
            if (sent is -Errno.Again)
            {
                return true;
            }

            if (sent < 0 && sent != -Errno.Interrupted)
            {
                return false;
            }

            _outputSent += Math.Max(sent, 0);
        }

        SetOutput([]);
        return true;
    }

    private void Watch()
    {
        if (_watchesOutput != HasOutput)
        {
            _watchesOutput = HasOutput;
            _loop.Modify(_fd, HasOutput ? EpollLoop.Out : EpollLoop.In);
        }
    }
}
