using System.Formats.Cbor;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Codecs.Cbor;

/// <summary>
/// Reads one CBOR document in deterministic encoding (RFC 8949 section 4.2.1) under <see cref="CborLimits"/>.
/// Messages are maps with integer keys; unknown keys are skipped so that an older reader takes a newer writer's message.
/// Every failure is a <see cref="WireFormatException"/>.
/// </summary>
public sealed class WireReader
{
    private readonly CborReader _reader;
    private readonly string _message;
    private int _depth;
    private string _path = "";

    private WireReader(ReadOnlyMemory<byte> document, string message)
    {
        _reader = new CborReader(document, CborConformanceMode.Canonical);
        _message = message;
    }

    /// <summary>Decodes a whole document with <paramref name="read"/>; trailing bytes are refused.</summary>
    /// <param name="document">The bytes as they came.</param>
    /// <param name="message">The message's name, for errors.</param>
    /// <param name="read">Reads the root value.</param>
    /// <exception cref="WireFormatException">The bytes are not such a document.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> document, string message, Func<WireReader, T> read)
    {
        if (document.Length > CborLimits.DocumentBytes)
        {
            throw new WireFormatException($"{message}: expected at most {CborLimits.DocumentBytes} bytes, found {document.Length}");
        }

        WireReader reader = new(document, message);
        try
        {
            T value = read(reader);
            return reader._reader.BytesRemaining == 0
                ? value
                : throw reader.Fault("the end of the document", $"{reader._reader.BytesRemaining} more bytes");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new WireFormatException($"{message}{reader._path}: not valid deterministic CBOR or not the expected type: {e.Message}", e);
        }
    }

    /// <summary>Reads a map with integer keys; <paramref name="field"/> reads a key's value and says true, or says false and the value is skipped.</summary>
    public void ReadMap(Func<int, bool> field)
    {
        Enter();
        int count = CheckCount(_reader.ReadStartMap());
        string outer = _path;
        for (int i = 0; i < count; i++)
        {
            int key = _reader.ReadInt32();
            _path = $"{outer}/{key}";
            if (!field(key))
            {
                SkipValue();
            }
        }

        _path = outer;
        _reader.ReadEndMap();
        _depth--;
    }

    /// <summary>Reads an array with <paramref name="item"/> for each element.</summary>
    public IReadOnlyList<T> ReadList<T>(Func<WireReader, T> item)
    {
        Enter();
        int count = CheckCount(_reader.ReadStartArray());
        string outer = _path;
        // The declared count is not trusted with an allocation: the list grows as items really arrive.
        List<T> items = [];
        for (int i = 0; i < count; i++)
        {
            _path = $"{outer}[{i}]";
            items.Add(item(this));
        }

        _path = outer;
        _reader.ReadEndArray();
        _depth--;
        return items;
    }

    /// <summary>Reads an array of integers.</summary>
    public IReadOnlyList<long> ReadIntegers() => ReadPlain(static reader => reader.ReadInt64());

    /// <summary>Reads an array of numbers, which may be of any of CBOR's sizes.</summary>
    public IReadOnlyList<double> ReadNumbers() => ReadPlain(static reader => reader.ReadDouble());

    /// <summary>Reads a map from text to text, in the order of the encoding.</summary>
    public IReadOnlyDictionary<string, string> ReadTextMap()
    {
        Enter();
        int count = CheckCount(_reader.ReadStartMap());
        Dictionary<string, string> pairs = [];
        for (int i = 0; i < count; i++)
        {
            string key = ReadText();
            pairs.Add(key, ReadText());
        }

        _reader.ReadEndMap();
        _depth--;
        return pairs;
    }

    /// <summary>Reads a text string of at most <see cref="CborLimits.StringBytes"/>.</summary>
    public string ReadText()
    {
        ReadOnlyMemory<byte> utf8 = _reader.ReadDefiniteLengthTextStringBytes();
        CheckLength(utf8.Length, CborLimits.StringBytes);
        return System.Text.Encoding.UTF8.GetString(utf8.Span);
    }

    /// <summary>Reads a byte string of at most <paramref name="limit"/> bytes.</summary>
    public byte[] ReadBytes(int limit = CborLimits.StringBytes)
    {
        ReadOnlyMemory<byte> bytes = _reader.ReadDefiniteLengthByteString();
        CheckLength(bytes.Length, limit);
        return bytes.ToArray();
    }

    /// <summary>Reads an unsigned integer.</summary>
    public ulong ReadUInt64() => _reader.ReadUInt64();

    /// <summary>Reads a signed integer.</summary>
    public long ReadInt64() => _reader.ReadInt64();

    /// <summary>Reads a signed integer within a range.</summary>
    public int ReadInt32(int minimum = int.MinValue, int maximum = int.MaxValue)
    {
        long value = _reader.ReadInt64();
        return value >= minimum && value <= maximum
            ? (int)value
            : throw Fault($"an integer from {minimum} to {maximum}", value.ToString());
    }

    /// <summary>Reads a boolean.</summary>
    public bool ReadBoolean() => _reader.ReadBoolean();

    /// <summary>Reads an enumeration's number; a number without a name is refused.</summary>
    public T ReadEnum<T>()
        where T : struct, Enum
    {
        int number = ReadInt32();
        T value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw Fault($"a number of {typeof(T).Name}", number.ToString());
    }

    /// <summary>Reads a text string through a parser that throws <see cref="FormatException"/>.</summary>
    public T ReadParsed<T>(Func<string, T> parse)
    {
        string text = ReadText();
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            throw new WireFormatException($"{_message}{_path}: {e.Message}", e);
        }
    }

    /// <summary>An exception that names where the reader is.</summary>
    public WireFormatException Fault(string expected, string found) => new($"{_message}{_path}: expected {expected}, found {found}");

    /// <summary>Throws unless the message's version is the one expected.</summary>
    public void RequireVersion(int found, int expected)
    {
        if (found != expected)
        {
            throw Fault($"version {expected}", found == 0 ? "no version" : $"version {found}");
        }
    }

    private void Enter()
    {
        if (++_depth > CborLimits.Depth)
        {
            throw Fault($"at most {CborLimits.Depth} levels", "a deeper document");
        }
    }

    private List<T> ReadPlain<T>(Func<CborReader, T> item)
    {
        Enter();
        int count = CheckCount(_reader.ReadStartArray());
        List<T> items = [];
        for (int i = 0; i < count; i++)
        {
            items.Add(item(_reader));
        }

        _reader.ReadEndArray();
        _depth--;
        return items;
    }

    private void SkipValue()
    {
        // CborReader.SkipValue does not recurse, but the depth limit holds for skipped values too.
        int start = _reader.CurrentDepth;
        bool tagged;
        do
        {
            tagged = false;
            switch (_reader.PeekState())
            {
                case CborReaderState.StartArray:
                    CheckCount(_reader.ReadStartArray());
                    break;
                case CborReaderState.StartMap:
                    CheckCount(_reader.ReadStartMap());
                    break;
                case CborReaderState.EndArray:
                    _reader.ReadEndArray();
                    break;
                case CborReaderState.EndMap:
                    _reader.ReadEndMap();
                    break;
                case CborReaderState.Tag:
                    _reader.ReadTag();
                    tagged = true;
                    break;
                default:
                    _reader.SkipValue();
                    break;
            }

            if (_reader.CurrentDepth > CborLimits.Depth)
            {
                throw Fault($"at most {CborLimits.Depth} levels", "a deeper document");
            }
        }
        while (tagged || _reader.CurrentDepth > start);
    }

    private int CheckCount(int? count) => count switch
    {
        null => throw Fault("a definite length", "an indefinite one"),
        > CborLimits.Items => throw Fault($"at most {CborLimits.Items} items", $"{count}"),
        _ => count.Value,
    };

    private void CheckLength(int length, int limit)
    {
        if (length > limit)
        {
            throw Fault($"at most {limit} bytes", $"{length}");
        }
    }
}
