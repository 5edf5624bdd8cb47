// What the notice says in other languages than English; loaded only where one is needed.
// The order is that of words.js: title, text with two sizes, label of the switch, close.
export default {
  ar: [
    'صور معاد بناؤها',
    'أعيد بناؤها من % بدلًا من %؛ قد تختلف التفاصيل.',
    'إظهار الصور الأصلية',
    'إغلاق',
  ],
  de: [
    'Rekonstruierte Bilder',
    'Aus % statt % wiederhergestellt; Einzelheiten können abweichen.',
    'Originale zeigen',
    'Schließen',
  ],
  es: [
    'Imágenes reconstruidas',
    'Reconstruidas a partir de % en lugar de %; los detalles pueden diferir.',
    'Mostrar los originales',
    'Cerrar',
  ],
  fr: [
    'Images reconstruites',
    'Reconstituées à partir de % au lieu de % ; des détails peuvent différer.',
    'Afficher les originaux',
    'Fermer',
  ],
  pt: [
    'Imagens reconstruídas',
    'Reconstruídas a partir de % em vez de %; os detalhes podem diferir.',
    'Mostrar os originais',
    'Fechar',
  ],
  sw: [
    'Picha zilizoundwa upya',
    'Zimeundwa upya kutoka % badala ya %; maelezo madogo yanaweza kutofautiana.',
    'Onyesha picha asili',
    'Funga',
  ],
};
